/** What a neighbor announces and we do not take: counts by reason, then every route. For operators. */
import { StatusChip } from '../../../_components/status-chip.tsx';
import type { LookingGlassAnswer } from '../../../_queries/view-models.ts';
import { formatCount } from '../../../_text/format.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { RejectedRow } from './rejected-row.tsx';
import { rejectionPhrase } from './rejection-phrase.ts';
import { keyOfPath } from './row-keys.ts';

type Props = { readonly answer: Extract<LookingGlassAnswer, { query: 'rejected' }> };

export function RejectedAnswer({ answer }: Props) {
  const t = getTranslator('lookingGlass');
  const { sessions, paths } = answer;
  const total = sessions.reduce((sum, { count }) => sum + count, 0);
  return (
    <>
      {sessions.map(({ name, count, reasons }) => (
        <section className="mb-6" key={name}>
          <h2 className="font-semibold text-h2">{t('rejectedOf', { count, name })}</h2>
          {count === 0 ? <p className="text-text-2">{t('nothingRejected')}</p> : null}
          <ul className="mt-2 flex flex-wrap gap-2">
            {reasons.map(({ reason, count: times }) => (
              <li key={reason}>
                <StatusChip kind="down">
                  {formatCount(times)} {rejectionPhrase(reason)}
                </StatusChip>
              </li>
            ))}
          </ul>
        </section>
      ))}
      <ol>
        {paths.map((path) => (
          <RejectedRow isPrefixShown key={keyOfPath(path)} path={path} />
        ))}
      </ol>
      {paths.length < total ? (
        <p className="mt-3 text-text-2">{t('rejectedCut', { count: paths.length })}</p>
      ) : null}
    </>
  );
}
