/** Prefixes that keep changing: by which neighbors, how often, and between which paths. */
import { AsBadge } from '../../../_components/as-badge.tsx';
import { EmptyState } from '../../../_components/empty-state.tsx';
import { Prefix } from '../../../_components/prefix.tsx';
import { StatusChip } from '../../../_components/status-chip.tsx';
import { Age, Clock } from '../../../_components/time.tsx';
import type { FlapRow, LookingGlassAnswer } from '../../../_queries/view-models.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { AsPath } from './as-path.tsx';

type Props = { readonly answer: Extract<LookingGlassAnswer, { query: 'flaps' }> };

/** Prefix, neighbors, paths: side by side where there is room, else below each other. */
const COLUMNS = 'gap-x-8 gap-y-3 md:grid md:grid-cols-[minmax(0,4fr)_minmax(0,5fr)_minmax(0,5fr)]';
const HEAD = 'font-medium text-caption text-text-3';

export function FlapList({ answer }: Props) {
  const t = getTranslator('lookingGlass');
  const { flaps, changes, minutes, isFull } = answer;
  const rule = t('flapRule', { changes, minutes });
  if (flaps.length === 0) {
    const target = answer.argument.trim();
    const title = target === '' ? t('flapsTitle', { count: 0 }) : t('flapsNot', { target });
    return <EmptyState text={rule} title={title} />;
  }
  return (
    <section aria-labelledby="flaps">
      <h2 className="font-semibold text-h2" id="flaps">
        {t('flapsTitle', { count: flaps.length })}
      </h2>
      <p className="mt-1 mb-6 text-text-2">
        {rule} {isFull ? t('flapsFull') : null}
      </p>
      {/* Each row says it again, for readers and on a phone. */}
      <div aria-hidden="true" className={`${COLUMNS} ${HEAD} pb-2 max-md:hidden`}>
        <span>{t('flapPrefix')}</span>
        <span>{t('flapNeighbors')}</span>
        <span>{t('flapPaths')}</span>
      </div>
      <ol className="divide-y divide-line border-line-2 border-y">
        {flaps.map((flap) => (
          <li className={`${COLUMNS} py-4 max-md:space-y-3`} key={flap.prefix}>
            <Flap flap={flap} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Flap({ flap }: { readonly flap: FlapRow }) {
  const t = getTranslator('lookingGlass');
  return (
    <>
      <div>
        <p className="text-section">
          <Prefix value={flap.prefix} />
        </p>
        <p className="mt-1 text-text-2">
          <span className="font-semibold text-text">
            {t('flapChanges', { count: flap.changes })}
          </span>{' '}
          · {t.rich('sinceAge', { age: () => <Age at={flap.since} /> })}
        </p>
      </div>
      <div>
        <p className={`${HEAD} mb-1 md:sr-only`}>{t('flapNeighbors')}</p>
        <ul className="space-y-2">
          {flap.neighbors.map(({ name, network, changes, lastAt, isWithdrawn }) => (
            <li key={name}>
              <p className="flex flex-wrap items-center gap-x-3">
                <AsBadge asn={network.asn} name={network.name} />
                <code className="font-mono text-small text-text-2">{name}</code>
                {isWithdrawn ? (
                  <StatusChip kind="waiting" plain>
                    {t('flapWithdrawn')}
                  </StatusChip>
                ) : null}
              </p>
              <p className="text-small text-text-2">
                {t.rich('flapBy', { count: changes, clock: () => <Clock at={lastAt} /> })}
              </p>
            </li>
          ))}
        </ul>
      </div>
      <div>
        <p className={`${HEAD} mb-1 md:sr-only`}>{t('flapPaths')}</p>
        <ul className="space-y-2">
          {flap.paths.map(({ networks, times, from, lastAt }, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the paths of one answer never move
            <li key={at}>
              <AsPath kind="known" path={networks} />
              <p className="text-small text-text-2">
                {t.rich('flapPath', { times, from, clock: () => <Clock at={lastAt} /> })}
              </p>
            </li>
          ))}
          {flap.otherPaths === 0 ? null : (
            <li className="text-small text-text-2">
              {t('flapOtherPaths', { times: flap.otherPaths })}
            </li>
          )}
        </ul>
      </div>
    </>
  );
}
