import { expect, test } from 'vitest';
import type { MeshObject, MeshWayObject } from '../../_queries/view-models.ts';
import { addressOfMesh, chosenPair, readMeshQuestion } from './mesh-question.ts';

test.each([
  '/mesh',
  '/mesh?from=1&to=5',
  '/mesh?from=5&to=1&view=graph&range=day',
  '/mesh?view=table',
])('what %s shows is at that address', (address) => {
  const search = Object.fromEntries(new URL(address, 'http://x').searchParams);
  expect(addressOfMesh(readMeshQuestion(search))).toBe(address);
});

test('what is no pair, drawing or range is left out', () => {
  for (const search of [
    { from: '1', to: '1' },
    { from: '-1', to: '2' },
    { from: ['1', '2'], to: '3' },
    { from: '1', view: 'globe', range: 'year' },
  ])
    expect(readMeshQuestion(search)).toEqual({ range: 'hour' });
});

test('without a pair in the address, the slowest way from us through another node is chosen', () => {
  const mesh = meshOf([way(20, 1, 2), way(90, 1, 2, 3), way(80, 1, 4, 5), way(200, 3, 2, 1)]);
  expect(chosenPair(mesh, undefined)).toEqual({ from: 1, to: 3 });
  expect(chosenPair(mesh, { from: 5, to: 4 })).toEqual({ from: 5, to: 4 });
  expect(chosenPair(mesh, { from: 5, to: 99 })).toEqual({ from: 1, to: 3 });
});

test('without ways the first two nodes are the pair, and one node is none', () => {
  expect(chosenPair(meshOf([]), undefined)).toEqual({ from: 1, to: 2 });
  expect(chosenPair({ ...meshOf([]), nodes: [] }, undefined)).toBeUndefined();
});

const way = (ms: number, ...nodes: readonly number[]): MeshWayObject => ({
  from: nodes[0] ?? 0,
  to: nodes.at(-1) ?? 0,
  nodes,
  ms,
});

const meshOf = (ways: readonly MeshWayObject[]): MeshObject => ({
  node: 'ours',
  isEdge: true,
  isSupernode: false,
  mode: 'super',
  tableFrom: 'supernode',
  problems: [],
  nodes: [1, 2, 3, 4, 5].map((number) => ({
    number,
    name: null,
    isOurs: number === 1,
    isAlive: true,
    heardAt: null,
    position: null,
    relays: [],
  })),
  links: [],
  ways,
  range: 'hour',
  historySince: null,
  sampleSeconds: 60,
  changes: [],
  details: null,
});
