/** Changes of best paths, newest first: when, from whom to whom, and why. */
import { AsBadge } from '../../../_components/as-badge.tsx';
import { EmptyState } from '../../../_components/empty-state.tsx';
import { Prefix } from '../../../_components/prefix.tsx';
import { Age, Clock } from '../../../_components/time.tsx';
import type { PathChange } from '../../../_queries/view-models.ts';
import { isChangeCause } from '../../../_text/route-words.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { pathName } from './path-name.ts';
import { rejectionPhrase } from './rejection-phrase.ts';

export function ChangeList({ changes }: { readonly changes: readonly PathChange[] }) {
  const t = getTranslator('lookingGlass');
  if (changes.length === 0) return <EmptyState text={t('noChangesText')} title={t('noChanges')} />;
  return (
    <ol className="divide-y divide-line border-line-2 border-y">
      {changes.map((change, at) => (
        <li
          className="flex flex-wrap items-baseline gap-x-4 gap-y-1 py-2.5"
          // biome-ignore lint/suspicious/noArrayIndexKey: two changes may be of one moment
          key={at}
        >
          <span className="w-36 text-small text-text-2">
            <Clock at={change.at} /> · <Age at={change.at} />
          </span>
          <Prefix value={change.prefix} />
          <span className="font-semibold">
            {t('changed', {
              from: change.from === null ? t('noPath') : pathName(change.from, change.fromPathId),
              to: change.to === null ? t('noPath') : pathName(change.to, change.toPathId),
            })}
          </span>
          <span className="text-text-2">{causeInWords(change)}</span>
          {change.origin === null ? null : (
            <span className="text-small text-text-2">
              {t.rich('changeOrigin', {
                network: () => (
                  <AsBadge asn={change.origin?.asn ?? 0} name={change.origin?.name ?? null} />
                ),
              })}
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}

function causeInWords({ cause, from, fromPathId, detail }: PathChange): string {
  const t = getTranslator('lookingGlass');
  if (!isChangeCause(cause)) return cause;
  return t(`change.${cause}`, {
    from: from === null ? '' : pathName(from, fromPathId),
    detail: cause === 'rejected' ? rejectionPhrase(detail ?? '') : (detail ?? ''),
  });
}
