/**
 * What the router tells of a mesh as everybody may see it: nodes, links in both directions, ways, history.
 *
 * Not standardized; view-models.ts. A pure function.
 *
 * Invariants
 * - Without `details` nothing names an endpoint, a key or an address: problems have codes, never the router's words.
 * - A latency is one way, from the first node of a pair to the second.
 *
 * @module
 */
import {
  knownLatencies,
  knownWays,
  type MeshHistoryView,
  type MeshLinkStatus,
  type MeshRange,
  type MeshView,
} from '../../router-core/index.ts';
import { positionOf } from './places.ts';
import type {
  MeshDirectionObject,
  MeshLinkObject,
  MeshLinkProblem,
  MeshNodeObject,
  MeshObject,
  MeshPair,
  MeshWayObject,
} from './view-models.ts';

export type MeshSource = {
  /** Our node, and where it stands. */
  readonly node: string;
  readonly place: string | null;
  readonly view: MeshView;
  readonly range: MeshRange;
  /** Undefined: the router could not tell. */
  readonly history: MeshHistoryView | undefined;
  readonly isForOperator: boolean;
};

/** A larger share is said to be a fault: an edge looks at 64 pings, and two of them are chance. */
const LOSS_SHOWN = 0.04;

export function meshObjectOf(source: MeshSource): MeshObject {
  const { node, view, range, history, isForOperator } = source;
  const { edge, supernode } = view;
  const known = knownOf(source);
  return {
    node,
    isEdge: edge !== undefined,
    isSupernode: supernode !== undefined,
    mode: edge?.status?.mode ?? null,
    tableFrom: edge?.status?.tableFrom ?? null,
    problems: (['edge', 'supernode'] as const).flatMap((instance) => {
      const problem = view[instance]?.problem ?? null;
      if (problem === null) return [];
      const { code, message, at } = problem;
      return [{ instance, code, message: isForOperator ? message : null, at }];
    }),
    nodes: nodesOf(source, known),
    links: linksOf(view, known),
    ways: known.ways,
    range,
    historySince: history?.since ?? null,
    sampleSeconds: history?.sampleSeconds ?? 0,
    changes: history?.changes ?? [],
    details: isForOperator ? view : null,
  };
}

type Known = {
  /** By `from to`. */
  readonly ms: ReadonlyMap<string, number>;
  readonly samples: ReadonlyMap<string, readonly (number | null)[]>;
  readonly ways: readonly MeshWayObject[];
  /** Pairs whose way leads over this direction of a link. */
  readonly carried: ReadonlyMap<string, readonly MeshPair[]>;
};

const keyOf = (from: number, to: number): string => `${from} ${to}`;

function knownOf({ view, history }: MeshSource): Known {
  const ms = new Map(knownLatencies(view).map((each) => [keyOf(each.from, each.to), each.ms]));
  const samples = new Map(
    (history?.links ?? []).map((link) => [keyOf(link.from, link.to), link.samples]),
  );
  const ways = knownWays(view).map(({ from, to, nodes }) => ({
    from,
    to,
    nodes,
    ms: sumOf(legsOf(nodes).map((leg) => ms.get(keyOf(leg.from, leg.to)))),
  }));
  const carried = new Map<string, MeshPair[]>();
  for (const { from, to, nodes } of ways)
    for (const leg of legsOf(nodes)) {
      const key = keyOf(leg.from, leg.to);
      const pairs = carried.get(key) ?? [];
      pairs.push({ from, to });
      carried.set(key, pairs);
    }
  return { ms, samples, ways, carried };
}

/** The links of a way, in order. */
export const legsOf = (nodes: readonly number[]): MeshPair[] =>
  nodes.slice(1).map((to, i) => ({ from: nodes[i] as number, to }));

/** Whether a link is the one between two nodes, in whichever direction: the lower number is its first. */
export const isBetween = (
  { a, b }: Pick<MeshLinkObject, 'a' | 'b'>,
  { from, to }: MeshPair,
): boolean => Math.min(from, to) === a && Math.max(from, to) === b;

const sumOf = (parts: readonly (number | undefined)[]): number | null =>
  parts.reduce<number | null>(
    (sum, part) => (sum === null || part === undefined ? null : sum + part),
    0,
  );

function nodesOf({ node, place, view }: MeshSource, { ms, ways }: Known): MeshNodeObject[] {
  const own = view.edge?.status;
  const edges = new Map((view.supernode?.status?.edges ?? []).map((each) => [each.node, each]));
  const links = new Map(ourLinks(view).map((link) => [link.node, link]));
  const measured = [...ms.keys()].flatMap((key) => key.split(' ').map(Number));
  const onWays = ways.flatMap(({ nodes }) => nodes);
  const numbers = new Set([...edges.keys(), ...links.keys(), ...measured, ...onWays]);
  if (own !== null && own !== undefined) numbers.add(own.node);
  const isMeasured = new Set(measured);
  return [...numbers]
    .sort((a, b) => a - b)
    .map((number) => {
      const isOurs = number === own?.node;
      const edge = edges.get(number);
      const link = links.get(number);
      const name = edge?.name ?? (isOurs ? (own?.name ?? node) : null);
      const isAlive = isOurs || (edge?.isAlive ?? (link?.isAlive || isMeasured.has(number)));
      return {
        number,
        name: name === '' ? null : name,
        isOurs,
        isAlive,
        heardAt: isAlive ? null : (edge?.lastSeenAt ?? link?.lastReceivedAt ?? null),
        position: positionOf(name ?? '') ?? (isOurs && place !== null ? positionOf(place) : null),
        relays: ways
          .filter(({ nodes }) => nodes.indexOf(number) > 0 && nodes.at(-1) !== number)
          .map(({ from, to }) => ({ from, to })),
      };
    });
}

function linksOf(view: MeshView, known: Known): MeshLinkObject[] {
  const own = view.edge?.status ?? null;
  const mine = new Map(
    own === null ? [] : ourLinks(view).map((link) => [pairOf(own.node, link.node), link]),
  );
  const pairs = new Set([
    ...mine.keys(),
    ...[...known.ms.keys(), ...known.carried.keys()].map((key) => {
      const [from = 0, to = 0] = key.split(' ').map(Number);
      return pairOf(from, to);
    }),
  ]);
  return [...pairs].map((pair) => {
    const [a = 0, b = 0] = pair.split(' ').map(Number);
    const link = mine.get(pair);
    const problem = link === undefined ? null : problemOf(link);
    const isLossy = (link?.loss ?? 0) > LOSS_SHOWN;
    return {
      a,
      b,
      state: problem !== null ? 'down' : isLossy ? 'loss' : 'up',
      problem,
      there: directionOf(a, b, known),
      back: directionOf(b, a, known),
      own:
        link === undefined
          ? null
          : {
              neighbor: link.node,
              jitterMs: link.jitterMs,
              loss: link.loss,
              heardAt: link.lastReceivedAt,
              relayedFrames: link.relayedFrames,
              relayedBytes: link.relayedBytes,
            },
    };
  });
}

const pairOf = (a: number, b: number): string => keyOf(Math.min(a, b), Math.max(a, b));

const ourLinks = ({ edge }: MeshView): MeshLinkStatus[] =>
  (edge?.status?.links ?? []).filter(({ role }) => role === 'edge');

function directionOf(from: number, to: number, known: Known): MeshDirectionObject {
  const key = keyOf(from, to);
  return {
    from,
    to,
    ms: known.ms.get(key) ?? null,
    carries: known.carried.get(key) ?? [],
    samples: known.samples.get(key) ?? [],
  };
}

/** The router's sentence has endpoints; this is the same without them. */
function problemOf(link: MeshLinkStatus): MeshLinkProblem | null {
  const { isAlive, endpoint, candidates, lastHandshakeAt } = link;
  if (isAlive) return null;
  if (endpoint === null) return candidates.length === 0 ? 'endpoint-unknown' : 'endpoints-tried';
  return lastHandshakeAt === null ? 'unanswered' : 'silent';
}
