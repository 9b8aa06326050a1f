/** All nodes on a circle, in the order of their numbers. Design §4 "graph". */
import type { MeshObject } from '../../_queries/view-models.ts';
import { getTranslator } from '../../_text/translator.ts';
import { Drawing } from './drawing.tsx';
import { CIRCLE, circle, type Label, type Point } from './map-layout.ts';
import type { Names } from './mesh-words.ts';

type Props = {
  readonly mesh: MeshObject;
  readonly way: readonly number[];
  readonly names: Names;
};

export function MeshGraph({ mesh, way, names }: Props) {
  const t = getTranslator('mesh');
  const points = circle(mesh.nodes.length);
  return (
    <div aria-label={t('graph.label')} role="img">
      <Drawing
        isMap={false}
        labels={points.map(outward)}
        leavingTo={(node) => node}
        links={mesh.links}
        names={names}
        nodes={mesh.nodes}
        paper={CIRCLE}
        points={points}
        way={way}
      />
    </div>
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
