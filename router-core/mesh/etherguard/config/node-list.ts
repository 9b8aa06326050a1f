/**
 * Lists of nodes as `gencfg` takes them: `[1~10,11,19]`.
 *
 * Not standardized; EtherGuard's format: ascending, no number twice, a range from a smaller to a larger one.
 *
 * @module
 */
import { printable } from '../../../base/printable.ts';
import { isEdgeNumber, type NodeNumber } from '../../node-number.ts';
import { NODES_MAX } from './limits.ts';
import { integerOf, type Reader, text } from './value-readers.ts';

export const nodeList: Reader<readonly NodeNumber[]> = (value, path, notes) => {
  const written = text()(value, path, notes);
  const inside = /^\s*\[(.*)\]\s*$/.exec(written)?.[1];
  const nodes: NodeNumber[] = [];
  const wrong = (what: string): readonly NodeNumber[] => {
    notes.error('MESH_NODE_NUMBER', path, what, 'For example "[1~10,11,19]".');
    return [];
  };
  if (inside === undefined || inside.trim() === '') return wrong('must name nodes in brackets.');
  for (const part of inside.split(',')) {
    const ends = part.split('~').map((end) => integerOf(end.trim()));
    const [first, last] = [ends[0], ends.at(-1)];
    if (first === undefined || last === undefined || ends.length > 2 || !isEdgeNumber(last))
      return wrong(`has ${printable(part, 20)}, which is neither a node nor a range of nodes.`);
    if (part.includes('~') && first >= last)
      return wrong(`has a range that does not ascend: ${part.trim()}.`);
    if (first <= (nodes.at(-1) ?? -1)) return wrong(`does not ascend at ${part.trim()}.`);
    if (nodes.length + last - first >= NODES_MAX) return wrong(`has more than ${NODES_MAX} nodes.`);
    for (let node = first; node <= last; node++) nodes.push(node as NodeNumber);
  }
  return nodes;
};
