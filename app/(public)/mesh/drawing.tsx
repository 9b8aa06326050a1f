/**
 * The mesh as nodes and lines, on the map or on a circle: yellow is the way of the chosen pair, ink what carries
 * packets, thin what is only measured, broken what is down.
 *
 * Not standardized; design §4 "map" and "graph". What it shows stands in the tables of the page as well.
 */
import { isBetween, legsOf } from '../../_queries/mesh-object.ts';
import type { MeshLinkObject, MeshNodeObject } from '../../_queries/view-models.ts';
import {
  arc,
  type EdgeWord,
  edgeWords,
  type Label,
  LETTERS,
  line,
  type Paper,
  type Point,
  pieces,
  tenths,
} from './map-layout.ts';
import type { Names } from './mesh-words.ts';

export type Drawn = {
  readonly paper: Paper;
  readonly nodes: readonly MeshNodeObject[];
  /** One for each node; null: there is no room for it. */
  readonly points: readonly Point[];
  readonly labels: readonly (Label | null)[];
  readonly links: readonly MeshLinkObject[];
  /** Nodes of the chosen way in order. */
  readonly way: readonly number[];
  readonly names: Names;
  /** The paper is the earth: links bow, and may leave by its edges. */
  readonly isMap: boolean;
  /** What is said at an edge that a link leaves by. */
  readonly leavingTo: (name: string) => string;
};

/** More lines than these are a grey patch: of a large mesh those that carry most are drawn. */
const LINKS_DRAWN = 300;
/** Of more links than these only the chosen way says where it leaves the map, and those that are well step back. */
const LINKS_NAMED = 60;
const WORDS = 'fill-text font-medium [paint-order:stroke] stroke-bg';

export function Drawing(drawn: Drawn) {
  const { paper, nodes, points, labels, links, way, names, isMap, leavingTo } = drawn;
  const at = new Map(nodes.map(({ number }, i) => [number, points[i]]));
  const endOf = (node: number) => ({ node, at: at.get(node) });
  const legs = legsOf(way);
  const lit = legs.flatMap((leg) => {
    const [a, b] = [at.get(leg.from), at.get(leg.to)];
    const isDown = links.some((link) => link.state === 'down' && isBetween(link, leg));
    // Nothing is carried there, whatever a table says: the link itself is drawn broken.
    return a === undefined || b === undefined || isDown ? [] : piecesOf(drawn, a, b);
  });
  const onWay = new Set(way);
  const isOfWay = (link: MeshLinkObject): boolean => legs.some((leg) => isBetween(link, leg));
  const leaving = isMap
    ? edgeWords(
        (links.length > LINKS_NAMED ? links.filter(isOfWay) : links).map(({ a, b }) => [
          endOf(a),
          endOf(b),
        ]),
        labels,
      )
    : [];
  return (
    <svg
      aria-hidden="true"
      className="relative block h-auto w-full overflow-hidden"
      fill="none"
      viewBox={`0 0 ${paper.width} ${paper.height}`}
    >
      {busiest(links).map((link) => {
        const [a, b] = [at.get(link.a), at.get(link.b)];
        if (a === undefined || b === undefined) return null;
        return <LinkLine a={a} b={b} drawn={drawn} key={`${link.a} ${link.b}`} link={link} />;
      })}
      {leaving.map((word) => (
        <Leaving
          key={`${word.anchor} ${word.node} ${word.y}`}
          text={leavingTo(names(word.node))}
          word={word}
        />
      ))}
      {lit.map(([a, b]) => (
        <path
          className="stroke-accent-edge"
          d={line(a, b)}
          key={`casing ${line(a, b)}`}
          strokeLinecap="round"
          strokeWidth={7}
        />
      ))}
      {lit.map(([a, b]) => (
        <path
          className="stroke-accent"
          d={line(a, b)}
          key={line(a, b)}
          strokeLinecap="round"
          strokeWidth={4.5}
        />
      ))}
      {lit.map(([a, b]) => (
        <Arrow a={a} b={b} key={`arrow ${line(a, b)}`} />
      ))}
      {nodes.map((node, i) => {
        const point = points[i];
        return point === undefined ? null : (
          <NodeMark isOnWay={onWay.has(node.number)} key={node.number} node={node} point={point} />
        );
      })}
      {nodes.map(({ number }, i) => {
        const label = labels[i];
        return label == null ? null : (
          <text
            className={WORDS}
            fontSize={LETTERS}
            key={number}
            strokeWidth={5}
            textAnchor={label.anchor}
            x={tenths(label.x)}
            y={tenths(label.y)}
          >
            {names(number)}
          </text>
        );
      })}
    </svg>
  );
}

function busiest(links: readonly MeshLinkObject[]): readonly MeshLinkObject[] {
  if (links.length <= LINKS_DRAWN) return links;
  return links.toSorted((a, b) => loadOf(b) - loadOf(a)).slice(0, LINKS_DRAWN);
}

const loadOf = ({ there, back }: MeshLinkObject): number =>
  there.carries.length + back.carries.length;

const piecesOf = ({ isMap }: Drawn, a: Point, b: Point) =>
  isMap ? pieces(a, b) : [[a, b] as const];

function LinkLine({
  link,
  a,
  b,
  drawn,
}: {
  readonly link: MeshLinkObject;
  readonly a: Point;
  readonly b: Point;
  readonly drawn: Drawn;
}) {
  const look = lookOf(link, loadOf(link) > 0);
  const stepsBack = link.state === 'up' && drawn.links.length > LINKS_NAMED;
  return piecesOf(drawn, a, b).map(([from, to]) => (
    <path
      d={drawn.isMap ? arc(from, to) : line(from, to)}
      key={line(from, to)}
      {...look}
      opacity={stepsBack ? 0.5 : undefined}
    />
  ));
}

function Leaving({ word, text }: { readonly word: EdgeWord; readonly text: string }) {
  return (
    <text
      className="fill-text-2 stroke-bg [paint-order:stroke]"
      fontSize={15}
      strokeWidth={4}
      textAnchor={word.anchor}
      x={tenths(word.x)}
      y={tenths(word.y)}
    >
      {text}
    </text>
  );
}

function lookOf({ state }: MeshLinkObject, isInUse: boolean) {
  if (state === 'down')
    return { className: 'stroke-bad', strokeDasharray: '6 5', strokeWidth: 1.4 } as const;
  if (state === 'loss')
    return { className: 'stroke-warn', strokeDasharray: '12 4', strokeWidth: 1.8 } as const;
  return isInUse
    ? ({ className: 'stroke-text-2', strokeWidth: 1.6 } as const)
    : ({
        className: 'stroke-control',
        strokeDasharray: '1 5',
        strokeLinecap: 'round',
        strokeWidth: 1.8,
      } as const);
}

/** Half-way, so that both directions of one link are told apart. */
function Arrow({ a, b }: { readonly a: Point; readonly b: Point }) {
  const angle = (Math.atan2(b.y - a.y, b.x - a.x) * 180) / Math.PI;
  const [x, y] = [tenths((a.x + b.x) / 2), tenths((a.y + b.y) / 2)];
  return (
    <g transform={`translate(${x} ${y}) rotate(${tenths(angle)})`}>
      <circle className="fill-accent stroke-accent-edge" r={9} strokeWidth={1.5} />
      <path
        className="stroke-on-accent"
        d="M-2 -4l4 4-4 4"
        strokeLinecap="round"
        strokeLinejoin="round"
        strokeWidth={2.2}
      />
    </g>
  );
}

/** A double ring; silent ones are empty and broken. */
function NodeMark({
  node,
  point,
  isOnWay,
}: {
  readonly node: MeshNodeObject;
  readonly point: Point;
  readonly isOnWay: boolean;
}) {
  const [cx, cy] = [tenths(point.x), tenths(point.y)];
  if (!node.isAlive)
    return (
      <circle
        className="fill-bg stroke-control"
        cx={cx}
        cy={cy}
        r={7.5}
        strokeDasharray="3 3"
        strokeWidth={2}
      />
    );
  return isOnWay ? (
    <>
      <circle className="fill-surface stroke-text" cx={cx} cy={cy} r={8} strokeWidth={3} />
      <circle className="fill-accent stroke-accent-edge" cx={cx} cy={cy} r={3} strokeWidth={1} />
    </>
  ) : (
    <>
      <circle className="fill-surface stroke-text-2" cx={cx} cy={cy} r={7.5} strokeWidth={2} />
      <circle className="fill-text-2" cx={cx} cy={cy} r={2.5} />
    </>
  );
}
