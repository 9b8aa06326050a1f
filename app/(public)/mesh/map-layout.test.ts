import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  CIRCLE,
  circle,
  distance,
  edgeWords,
  MAP,
  pieces,
  placeLabels,
  projected,
  spread,
} from './map-layout.ts';

const TOKYO = projected(35.7, 139.7);
const FRANKFURT = projected(50.1, 8.7);
const NEW_YORK = projected(40.7, -74);

test('the Pacific is in the middle: Europe left of Asia, and America to the right', () => {
  expect(FRANKFURT.x).toBeLessThan(TOKYO.x);
  expect(TOKYO.x).toBeLessThan(MAP.width / 2);
  expect(NEW_YORK.x).toBeGreaterThan(MAP.width / 2);
  expect(FRANKFURT.y).toBeLessThan(TOKYO.y);
  for (const { x, y } of [TOKYO, FRANKFURT, NEW_YORK, projected(-41.3, 174.8)]) {
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(MAP.width);
    expect(y).toBeGreaterThan(0);
    expect(y).toBeLessThan(MAP.height);
  }
});

test('the land was drawn for this paper', () => {
  const svg = readFileSync(new URL('./land.svg', import.meta.url), 'utf8');
  expect(svg).toContain(`viewBox="0 0 ${2 * MAP.width} ${2 * MAP.height}"`);
});

test('a link over the Atlantic leaves by both edges, one over the Pacific stays whole', () => {
  expect(pieces(TOKYO, NEW_YORK)).toHaveLength(1);
  const [west, east] = pieces(FRANKFURT, NEW_YORK);
  expect(west?.[0]).toEqual(FRANKFURT);
  expect(west?.[1].x).toBeLessThan(0);
  expect(east?.[0].x).toBeGreaterThan(MAP.width);
  expect(east?.[1]).toEqual(NEW_YORK);
});

test('where links leave by an edge, it says where to, once', () => {
  const tokyo = { node: 0, at: TOKYO };
  const frankfurt = { node: 1, at: FRANKFURT };
  const newYork = { node: 2, at: NEW_YORK };
  const words = edgeWords(
    [
      [frankfurt, newYork],
      [newYork, frankfurt],
      [tokyo, newYork],
    ],
    [],
  );
  expect(words.map(({ node, anchor }) => [node, anchor])).toEqual([
    [2, 'start'],
    [1, 'end'],
  ]);
});

test('two nodes of one place stand beside each other', () => {
  const [a, b, c] = spread([TOKYO, { ...TOKYO }, FRANKFURT]);
  expect(distance(a ?? TOKYO, b ?? TOKYO)).toBeGreaterThan(20);
  expect(c).toEqual(FRANKFURT);
});

test('labels lie on no node and on no other label while there is room, and within the paper', () => {
  const points = [TOKYO, { x: TOKYO.x + 40, y: TOKYO.y }, { x: 985, y: 100 }];
  const [first, second, third] = placeLabels(points, ['tokyo', 'osaka', 'lisbon'], MAP);
  expect(first?.anchor).not.toBe('start');
  expect(second?.anchor).toBe('start');
  expect(third?.anchor).toBe('end');
});

test('the circle has all nodes on its paper', () => {
  for (const { x, y } of circle(12)) {
    expect(x).toBeGreaterThan(100);
    expect(x).toBeLessThan(CIRCLE.width - 100);
    expect(y).toBeGreaterThan(20);
    expect(y).toBeLessThan(CIRCLE.height - 20);
  }
});

test('a name that could not be read is left out, and the first ones are placed', () => {
  const crowd = Array.from({ length: 30 }, (_, i) => ({ x: 300 + (i % 6) * 14, y: 200 + i * 2 }));
  const labels = placeLabels(crowd, Array(30).fill('edge-frankfurt-1'), MAP);
  expect(labels[0]).not.toBeNull();
  expect(labels).toContain(null);
});

test('the circle leaves room for its longest label', () => {
  const most = Math.max(...circle(4, 25).map(({ x }) => x));
  expect(most + 25 * 9).toBeLessThan(CIRCLE.width);
  expect(Math.max(...circle(4, 5).map(({ x }) => x))).toBe(
    Math.max(...circle(4).map(({ x }) => x)),
  );
});
