/** All nodes on a circle, in the order of their numbers. Design §4 "graph". */
import type { MeshObject } from '../../_queries/view-models.ts';
import { getTranslator } from '../../_text/translator.ts';
import { Drawing } from './drawing.tsx';
import { CIRCLE, circle, type Label, type Point } from './map-layout.ts';
import type { Names } from './mesh-words.ts';

/** Names of more nodes would lie on each other: then all are numbers, and a line below names the chosen way. */
const NAMED_MAX = 14;

type Props = {
  readonly mesh: MeshObject;
  readonly way: readonly number[];
  readonly names: Names;
};

export function MeshGraph({ mesh, way, names }: Props) {
  const t = getTranslator('mesh');
  const isCrowded = mesh.nodes.length > NAMED_MAX;
  const wordOf: Names = isCrowded ? String : names;
  const longest = Math.max(...mesh.nodes.map(({ number }) => wordOf(number).length));
  const points = circle(mesh.nodes.length, longest);
  return (
    <>
      <div aria-label={t('graph.label')} role="img">
        <Drawing
          isMap={false}
          labels={points.map(isCrowded ? around : outward)}
          leavingTo={(node) => node}
          links={mesh.links}
          names={wordOf}
          nodes={mesh.nodes}
          paper={CIRCLE}
          points={points}
          way={way}
        />
      </div>
      {isCrowded ? (
        <p className="mt-2 text-small text-text-2">
          {t('graph.numbers', {
            way: way.map((node) => `${node} ${names(node)}`).join(' – ') || '–',
          })}
        </p>
      ) : null}
    </>
  );
}

/** Labels stand on the outer side of the circle. */
function outward({ x, y }: Point): Label {
  const middle = CIRCLE.width / 2;
  if (Math.abs(x - middle) < 40)
    return { x, y: y < CIRCLE.height / 2 ? y - 16 : y + 30, anchor: 'middle' };
  return x > middle
    ? { x: x + 17, y: y + 6, anchor: 'start' }
    : { x: x - 17, y: y + 6, anchor: 'end' };
}

const AWAY = 24;

/** Numbers stand farther out on the line from the middle. */
function around({ x, y }: Point): Label {
  const angle = Math.atan2(y - CIRCLE.height / 2, x - CIRCLE.width / 2);
  return { x: x + AWAY * Math.cos(angle), y: y + AWAY * Math.sin(angle) + 6, anchor: 'middle' };
}
