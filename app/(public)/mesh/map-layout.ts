/**
 * Where nodes, links and labels of a mesh stand on paper: the map, and the circle of the graph.
 *
 * Not standardized. The map is a Miller projection (Miller 1942) from 28° west eastward, so that the Pacific is in the
 * middle and the Atlantic at both edges, from 76° north to 56° south: the one that land.svg was drawn with (Natural
 * Earth 1:110m, public domain, by way of world-atlas 2.0.2; simplified to a third of a unit).
 *
 * @module
 */
export type Point = { readonly x: number; readonly y: number };
export type Paper = { readonly width: number; readonly height: number };

export const MAP: Paper = { width: 1000, height: 442 };
export const CIRCLE: Paper = { width: 1000, height: 520 };

const WEST = -28;
const NORTH = 76;
const SCALE = MAP.width / (2 * Math.PI);
/** Nodes of one place stand on a small circle around it. */
const APART = 13;
const RADIUS = 200;

const miller = (latitude: number): number =>
  1.25 * Math.log(Math.tan(Math.PI / 4 + (0.4 * latitude * Math.PI) / 180)) * SCALE;

/** Returns where a place is on the map; degrees. */
export function projected(latitude: number, longitude: number): Point {
  const east = (((longitude - WEST) % 360) + 360) % 360;
  return { x: (east / 360) * MAP.width, y: miller(NORTH) - miller(latitude) };
}

/** Moves points apart that are the same, or nearly. */
export function spread(points: readonly Point[]): Point[] {
  return points.map((point) => {
    const together = points.filter((other) => distance(point, other) < APART);
    if (together.length === 1) return point;
    const angle = (together.indexOf(point) / together.length) * 2 * Math.PI;
    return { x: point.x + APART * Math.cos(angle), y: point.y + APART * Math.sin(angle) };
  });
}

/**
 * Returns as many points on an ellipse, the first on top, clockwise; narrow enough that a label of so many letters fits
 * beside it.
 */
export const circle = (count: number, longest = 0): Point[] =>
  Array.from({ length: count }, (_, i) => {
    const angle = (i / count) * 2 * Math.PI - Math.PI / 2;
    const room = CIRCLE.width / 2 - GAP - longest * LETTER_WIDTH;
    const across = Math.min(1.7 * RADIUS, Math.max(room, RADIUS));
    return {
      x: CIRCLE.width / 2 + across * Math.cos(angle),
      y: CIRCLE.height / 2 + RADIUS * Math.sin(angle),
    };
  });

export const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/**
 * The short way between two points of the map as pieces: one, or two that leave by the edges where it crosses the
 * Atlantic.
 */
export function pieces(a: Point, b: Point): (readonly [Point, Point])[] {
  if (Math.abs(a.x - b.x) <= MAP.width / 2) return [[a, b]];
  const shift = a.x < b.x ? -MAP.width : MAP.width;
  return [
    [a, { x: b.x + shift, y: b.y }],
    [{ x: a.x - shift, y: a.y }, b],
  ];
}

/** An arc that bows to the north by an eighth of its length. */
export function arc(a: Point, b: Point): string {
  const bow = distance(a, b) / 8;
  const [x, y] = [(a.x + b.x) / 2, (a.y + b.y) / 2 - bow];
  return `M${tenths(a.x)} ${tenths(a.y)}Q${tenths(x)} ${tenths(y)} ${tenths(b.x)} ${tenths(b.y)}`;
}

export const line = (a: Point, b: Point): string =>
  `M${tenths(a.x)} ${tenths(a.y)}L${tenths(b.x)} ${tenths(b.y)}`;

export const tenths = (value: number): number => Math.round(value * 10) / 10;

export type Label = Point & { readonly anchor: 'start' | 'middle' | 'end' };

/** Of labels on a paper of a thousand units: twelve pixels where it is as wide as beside the heat map. */
export const LETTERS = 18;
const LABEL_HEIGHT = 20;
const LETTER_WIDTH = 9.6;
const GAP = 15;
/** Of a label's area; with more upon it nobody reads it. */
const COVERED_MAX = 0.12;

/**
 * Finds a side for each label: right, left, above or below, where it lies on no node, mark or label and within the paper;
 * where all four are taken, the one with least upon it. Null: even there it could not be read. The first are placed first.
 */
export function placeLabels(
  points: readonly Point[],
  words: readonly string[],
  paper: Paper,
  marks: readonly Point[] = [],
): (Label | null)[] {
  const taken: Box[] = [...points, ...marks].map(({ x, y }) => ({
    x: x - 10,
    y: y - 10,
    width: 20,
    height: 20,
  }));
  return points.map((point, i) => {
    const width = (words[i]?.length ?? 0) * LETTER_WIDTH;
    const [best] = SIDES.map((side) => {
      const { box, label } = side(point, width);
      const covered = taken.reduce((sum, other) => sum + overlap(box, other), 0);
      return { box, label, cost: Math.round(covered + 10 * outside(box, paper)) };
    }).toSorted((a, b) => a.cost - b.cost);
    if (best === undefined || best.cost > COVERED_MAX * width * LABEL_HEIGHT) return null;
    taken.push(best.box);
    return best.label;
  });
}

export type EdgeWord = Label & { readonly node: number };
type LinkEnd = { readonly node: number; readonly at: Point | undefined };

const EDGE_WORD_HEIGHT = 20;

/** Where links leave by an edge of the map, the node they lead to; where two words would touch, the first one. */
export function edgeWords(
  links: readonly (readonly [LinkEnd, LinkEnd])[],
  labels: readonly (Label | null)[],
): EdgeWord[] {
  const words: EdgeWord[] = [];
  for (const [a, b] of links) {
    if (a.at === undefined || b.at === undefined) continue;
    if (pieces(a.at, b.at).length === 1) continue;
    for (const [here, there] of [
      [a, b],
      [b, a],
    ] as const) {
      if (here.at === undefined || there.at === undefined) continue;
      const isWest = here.at.x < MAP.width / 2;
      const edge = isWest ? 0 : MAP.width;
      const far = there.at.x + (isWest ? -MAP.width : MAP.width);
      const part = (edge - here.at.x) / (far - here.at.x);
      const bow = (Math.abs(far - here.at.x) / 4) * part * (1 - part);
      const word = {
        node: there.node,
        x: isWest ? 4 : MAP.width - 4,
        y: here.at.y + (there.at.y - here.at.y) * part - bow - 6,
        anchor: isWest ? 'start' : 'end',
      } as const;
      const isFree = (other: Label): boolean =>
        Math.abs(other.y - word.y) > EDGE_WORD_HEIGHT || Math.abs(other.x - word.x) > 130;
      if (words.every(isFree) && labels.every((label) => label === null || isFree(label)))
        words.push(word);
    }
  }
  return words;
}

type Box = Point & { readonly width: number; readonly height: number };
type Side = (point: Point, width: number) => { readonly box: Box; readonly label: Label };

const HALF = LABEL_HEIGHT / 2;
const SIDES: readonly Side[] = [
  ({ x, y }, width) => ({
    box: { x: x + GAP, y: y - HALF, width, height: LABEL_HEIGHT },
    label: { x: x + GAP, y: y + 6, anchor: 'start' },
  }),
  ({ x, y }, width) => ({
    box: { x: x - GAP - width, y: y - HALF, width, height: LABEL_HEIGHT },
    label: { x: x - GAP, y: y + 6, anchor: 'end' },
  }),
  ({ x, y }, width) => ({
    box: { x: x - width / 2, y: y + GAP - 2, width, height: LABEL_HEIGHT },
    label: { x, y: y + GAP + 14, anchor: 'middle' },
  }),
  ({ x, y }, width) => ({
    box: { x: x - width / 2, y: y - GAP - LABEL_HEIGHT + 2, width, height: LABEL_HEIGHT },
    label: { x, y: y - GAP, anchor: 'middle' },
  }),
];

function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

const outside = (box: Box, { width, height }: Paper): number =>
  box.width * box.height - overlap(box, { x: 0, y: 0, width, height });
