/** When packets of a pair began to take another way, the newest first. */
import { Age, Clock } from '../../_components/time.tsx';
import type { MeshObject } from '../../_queries/view-models.ts';
import { getTranslator } from '../../_text/translator.ts';
import type { Names } from './mesh-words.ts';

const SHOWN = 8;

type Props = { readonly mesh: MeshObject; readonly names: Names };

export function ChangeList({ mesh, names }: Props) {
  const t = getTranslator('mesh');
  const since = mesh.historySince;
  const way = (nodes: readonly number[] | null): string => {
    if (nodes === null) return t('changes.noWay');
    return nodes.length === 2 ? t('changes.directly') : nodes.slice(1, -1).map(names).join(' – ');
  };
  return (
    <section aria-labelledby="changes">
      <div className="mb-2 flex flex-wrap items-baseline justify-between gap-x-4 border-line-2 border-b pb-2">
        <h2 className="font-semibold text-section" id="changes">
          {t('changes.title')}
        </h2>
        {since === null ? null : (
          <span className="text-small text-text-2">
            {t.rich('changes.since', {
              clock: () => <Clock at={since} />,
              age: () => <Age at={since} />,
            })}
          </span>
        )}
      </div>
      {mesh.changes.length === 0 ? <p className="text-text-2">{t('changes.none')}</p> : null}
      <ol className="divide-y divide-line">
        {mesh.changes.slice(0, SHOWN).map(({ at, from, to, before, after }) => (
          <li
            className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 py-2"
            key={`${at} ${from} ${to}`}
          >
            <span className="text-text-2">
              <Clock at={at} />
            </span>
            <span>{t('pair', { from: names(from), to: names(to) })}</span>
            <span className="col-start-2 text-small text-text-2">
              <del className="no-underline">{way(before)}</del>
              <span aria-hidden="true"> → </span>
              <span className="sr-only"> {t('changes.becomes')} </span>
              <ins className="text-text no-underline">{way(after)}</ins>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
