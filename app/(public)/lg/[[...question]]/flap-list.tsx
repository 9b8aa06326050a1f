/** Prefixes that keep changing: by which neighbors, how often, and between which paths. */
import { AsBadge } from '../../../_components/as-badge.tsx';
import { EmptyState } from '../../../_components/empty-state.tsx';
import { Prefix } from '../../../_components/prefix.tsx';
import { Age, Clock } from '../../../_components/time.tsx';
import type { FlapRow, LookingGlassAnswer } from '../../../_queries/view-models.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { AsPath } from './as-path.tsx';

type Props = { readonly answer: Extract<LookingGlassAnswer, { query: 'flaps' }> };

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
      <p className="mt-1 mb-4 text-text-2">
        {rule} {isFull ? t('flapsFull') : null}
      </p>
      <ol className="divide-y divide-line border-line-2 border-y">
        {flaps.map((flap) => (
          <li className="py-4" key={flap.prefix}>
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
      <p className="flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <Prefix value={flap.prefix} />
        <span className="font-semibold">{t('flapChanges', { count: flap.changes })}</span>
        <span className="text-small text-text-2">
          {t.rich('sinceAge', { age: () => <Age at={flap.since} /> })}
        </span>
      </p>
      <ul className="mt-2 space-y-1">
        {flap.neighbors.map(({ name, network, changes, lastAt, isWithdrawn }) => (
          <li className="flex flex-wrap items-baseline gap-x-4 gap-y-1" key={name}>
            <span className="font-semibold">{name}</span>
            <AsBadge asn={network.asn} name={network.name} />
            <span className="text-text-2">
              {t('flapChanges', { count: changes })}
              {isWithdrawn ? `, ${t('flapWithdrawn')}` : null}
            </span>
            <span className="text-small text-text-2">
              <Clock at={lastAt} />
            </span>
          </li>
        ))}
      </ul>
      <ul className="mt-2 space-y-1">
        {flap.paths.map(({ networks, times, from, lastAt }, at) => (
          <li
            className="flex flex-wrap items-baseline gap-x-4 gap-y-1"
            // biome-ignore lint/suspicious/noArrayIndexKey: the paths of one answer never move
            key={at}
          >
            <AsPath kind="known" path={networks} />
            <span className="text-small text-text-2">
              {t.rich('flapPath', { times, from, clock: () => <Clock at={lastAt} /> })}
            </span>
          </li>
        ))}
        {flap.otherPaths === 0 ? null : (
          <li className="text-small text-text-2">
            {t('flapOtherPaths', { times: flap.otherPaths })}
          </li>
        )}
      </ul>
    </>
  );
}
