/**
 * What the mesh page shows, as its address: the chosen pair, the drawing, how far back.
 *
 * Not standardized; design §5: the address always reproduces what is seen.
 *
 * @module
 */
import { MESH_RANGES, type MeshRange } from '../../../router-core/index.ts';
import type { MeshObject, MeshPair } from '../../_queries/view-models.ts';

export const VIEWS = ['map', 'graph', 'table'] as const;
export type MeshView = (typeof VIEWS)[number];

export type MeshQuestion = {
  /** Absent: the address names no pair of this mesh. */
  readonly pair?: MeshPair;
  /** Absent: the address does not say. */
  readonly view?: MeshView;
  readonly range: MeshRange;
};

type Search = Readonly<Record<string, string | string[] | undefined>>;

export function readMeshQuestion(search: Search): MeshQuestion {
  const from = numberOf(search.from);
  const to = numberOf(search.to);
  const view = VIEWS.find((each) => each === search.view);
  const range = MESH_RANGES.find((each) => each === search.range) ?? 'hour';
  const isPair = from !== undefined && to !== undefined && from !== to;
  return {
    ...(isPair ? { pair: { from, to } } : {}),
    ...(view === undefined ? {} : { view }),
    range,
  };
}

export function addressOfMesh({ pair, view, range }: MeshQuestion): string {
  const search = new URLSearchParams({
    ...(pair === undefined ? {} : { from: String(pair.from), to: String(pair.to) }),
    ...(view === undefined ? {} : { view }),
    ...(range === 'hour' ? {} : { range }),
  }).toString();
  return search === '' ? '/mesh' : `/mesh?${search}`;
}

/** The pair of the address, if both are nodes; else the one that has most to show: a way through others, from us. */
export function chosenPair(mesh: MeshObject, asked: MeshPair | undefined): MeshPair | undefined {
  const has = (number: number): boolean => mesh.nodes.some((node) => node.number === number);
  if (asked !== undefined && has(asked.from) && has(asked.to)) return asked;
  const ours = mesh.nodes.find(({ isOurs }) => isOurs)?.number;
  const isFromUs = ({ from }: MeshPair): number => (from === ours ? 0 : 1);
  const [best] = mesh.ways.toSorted(
    (a, b) =>
      Math.sign(b.nodes.length - 2) - Math.sign(a.nodes.length - 2) ||
      isFromUs(a) - isFromUs(b) ||
      (b.ms ?? 0) - (a.ms ?? 0),
  );
  if (best !== undefined) return { from: best.from, to: best.to };
  const [first, second] = mesh.nodes;
  return first === undefined || second === undefined
    ? undefined
    : { from: first.number, to: second.number };
}

const numberOf = (value: string | string[] | undefined): number | undefined =>
  typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : undefined;
