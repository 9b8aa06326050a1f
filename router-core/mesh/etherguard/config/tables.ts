/**
 * Tables from node to node: next hops, latencies.
 *
 * Not standardized; in EtherGuard's files `{ from: { to: value } }`, keys being node numbers.
 *
 * @module
 */
import { printable } from '../../../base/printable.ts';
import { BROADCAST, isEdgeNumber, type NodeNumber } from '../../node-number.ts';
import { TABLE_ENTRIES_MAX } from './limits.ts';
import { decimal, integer, integerOf, keysOf, type Notes, type Reader } from './value-readers.ts';

export type NodeTable<T> = ReadonlyMap<NodeNumber, ReadonlyMap<NodeNumber, T>>;
/** `table[u][v]` is where a packet at `u` for `v` goes; no entry, no way. */
export type NextHopTable = NodeTable<NodeNumber>;
/** Seconds, or milliseconds where the name says so, from node to node. */
export type DistanceTable = NodeTable<number>;

/** What has no way is this far, in seconds. */
export const INFINITE_DISTANCE = 99999;

/** The number of an edge. Absent is an error: 0 is a node as well. */
export const edgeNumber: Reader<NodeNumber> = (value, path, notes) => {
  if (value === undefined || value === null) notes.error('CONFIG_MISSING_KEY', path, 'is missing.');
  const number = integer(0, 65535)(value, path, notes);
  if (isEdgeNumber(number)) return number;
  notes.error('MESH_NODE_NUMBER', path, 'must be 0 to 65531: the numbers above have a meaning.');
  return 0 as NodeNumber;
};

export const nextHopTable: Reader<NextHopTable> = (value, path, notes) =>
  readTable(value, path, notes, isEdgeNumber, edgeNumber);

/** Latencies in milliseconds; 65535 stands for any node. */
export const manualLatency: Reader<DistanceTable> = (value, path, notes) =>
  readTable(
    value,
    path,
    notes,
    (n): n is NodeNumber => n === BROADCAST || isEdgeNumber(n),
    decimal(-INFINITE_DISTANCE * 1000, INFINITE_DISTANCE * 1000),
  );

function readTable<T>(
  value: unknown,
  path: string,
  notes: Notes,
  isKey: (n: number) => n is NodeNumber,
  reader: Reader<T>,
): NodeTable<T> {
  const table = new Map<NodeNumber, ReadonlyMap<NodeNumber, T>>();
  let entries = 0;
  for (const [name, row] of keysOf(value, path, notes)) {
    const from = keyOf(name, path, notes, isKey);
    if (from === undefined) continue;
    const columns = new Map<NodeNumber, T>();
    for (const [column, entry] of keysOf(row, `${path}.${from}`, notes)) {
      if (++entries > TABLE_ENTRIES_MAX) {
        notes.error('CONFIG_TOO_LARGE', path, `has more than ${TABLE_ENTRIES_MAX} entries.`);
        return table;
      }
      const to = keyOf(column, `${path}.${from}`, notes, isKey);
      if (to !== undefined) columns.set(to, reader(entry, `${path}.${from}.${to}`, notes));
    }
    table.set(from, columns);
  }
  return table;
}

function keyOf(
  name: string,
  path: string,
  notes: Notes,
  isKey: (n: number) => n is NodeNumber,
): NodeNumber | undefined {
  const number = integerOf(name);
  if (number !== undefined && isKey(number)) return number;
  const shown = `${path}.${printable(name, 20)}`;
  notes.error('MESH_NODE_NUMBER', shown, 'is not the number of a node.');
  return undefined;
}
