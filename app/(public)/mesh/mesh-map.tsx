/** Nodes whose names are places, on the map; the others are named below it. Design §4 "map". */
import { legsOf } from '../../_queries/mesh-object.ts';
import type { MeshNodeObject, MeshObject } from '../../_queries/view-models.ts';
import { getTranslator } from '../../_text/translator.ts';
import { Drawing } from './drawing.tsx';
import { MAP, placeLabels, projected, spread } from './map-layout.ts';
import type { Names } from './mesh-words.ts';

type Props = {
  readonly mesh: MeshObject;
  readonly way: readonly number[];
  readonly names: Names;
};

export const placedNodes = (nodes: readonly MeshNodeObject[]) =>
  nodes.filter(({ position }) => position !== null);

export function MeshMap({ mesh, way, names }: Props) {
  const t = getTranslator('mesh');
  // Names of the chosen way are placed first.
  const placed = placedNodes(mesh.nodes).toSorted(
    (a, b) => Number(way.includes(b.number)) - Number(way.includes(a.number)),
  );
  const unplaced = mesh.nodes.filter(({ position }) => position === null);
  const points = spread(
    placed.map(({ position }) => projected(position?.latitude ?? 0, position?.longitude ?? 0)),
  );
  const at = new Map(placed.map(({ number }, i) => [number, points[i]]));
  const arrows = legsOf(way).flatMap(({ from, to }) => {
    const [a, b] = [at.get(from), at.get(to)];
    return a === undefined || b === undefined ? [] : [{ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }];
  });
  const words = placed.map(({ number }) => names(number));
  const labels = placeLabels(points, words, MAP, arrows);
  const unnamed = labels.filter((label) => label === null).length;
  return (
    <>
      <div aria-label={t('map.label')} className="relative" role="img">
        <div className="land absolute inset-0" />
        <Drawing
          isMap
          labels={labels}
          leavingTo={(node) => t('map.edge', { node })}
          links={mesh.links}
          names={names}
          nodes={placed}
          paper={MAP}
          points={points}
          way={way}
        />
      </div>
      {unnamed === 0 ? null : (
        <p className="mt-2 text-small text-text-3">{t('map.unnamed', { count: unnamed })}</p>
      )}
      {unplaced.length === 0 ? null : (
        <p className="mt-2 text-small text-text-3">
          {t('map.unplaced', { nodes: unplaced.map(({ number }) => names(number)).join(', ') })}
        </p>
      )}
    </>
  );
}
