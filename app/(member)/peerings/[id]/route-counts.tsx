'use client';

/** Routes per family, and why some were rejected. */
import { useTranslations } from 'use-intl';
import { familiesOf, rejectedReasonsOf, totalsOf } from '../../../_components/peering/totals.ts';
import { StateShape } from '../../../_components/state-shape.tsx';
import { withCode } from '../../../_components/with-code.tsx';
import type { PeeringSession } from '../../../_queries/view-models.ts';
import { formatCount } from '../../../_text/format.ts';
import { rejectionCode, rejectionRule } from '../../../_text/rejection.ts';

const COLUMNS = ['received', 'accepted', 'rejected', 'sent'] as const;

export function RouteCounts({ sessions }: { readonly sessions: readonly PeeringSession[] }) {
  const t = useTranslations('peering');
  const words = useReasonWords();
  const totals = totalsOf(sessions);
  const reasons = rejectedReasonsOf(sessions);
  const last = sessions.find(({ lastNotification }) => lastNotification !== null)?.lastNotification;
  return (
    <section aria-labelledby="routes" className="rounded-card border border-line bg-surface">
      <h2 className="border-line border-b px-5 py-3.5 font-semibold text-h2" id="routes">
        {t('routesTitle', {
          received: formatCount(totals.received),
          sent: formatCount(totals.sent),
        })}
      </h2>
      <table className="my-2 w-full text-right">
        <thead>
          <tr>
            <th className="sr-only" scope="col">
              {t('family')}
            </th>
            {COLUMNS.map((column) => (
              <th
                className="py-2 font-medium text-caption text-text-2 last:pr-5"
                key={column}
                scope="col"
              >
                {t(`counter.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="font-mono text-small">
          {familiesOf(sessions).map(({ family, counters }) => (
            <tr key={family}>
              <th className="py-1.5 pl-5 text-left font-normal font-sans text-text-2" scope="row">
                {family === 'ipv4' ? 'IPv4' : 'IPv6'}
              </th>
              {COLUMNS.map((column) => (
                <td
                  className={
                    column === 'rejected' && counters.rejected > 0
                      ? 'font-semibold last:pr-5'
                      : 'last:pr-5'
                  }
                  key={column}
                >
                  {formatCount(counters[column])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {reasons.length === 0 ? null : (
        <details className="border-line border-t px-5 py-3">
          <summary className="flex min-h-6 list-none items-start gap-3">
            <span className="mt-1">
              <StateShape kind="warn" />
            </span>
            <span className="flex-1 text-text-2">
              <strong className="font-semibold text-text">
                {t('rejectedCount', { count: totals.rejected })}
              </strong>{' '}
              {reasons
                .slice(0, 2)
                .map(({ reason, count }) => `${formatCount(count)} ${words(reason).phrase}`)
                .join(', ')}
            </span>
            <span className="link shrink-0">{t('reasons')}</span>
          </summary>
          <ul className="mt-3 space-y-1.5">
            {reasons.map(({ reason, count }) => (
              <li className="flex gap-3 max-md:flex-wrap max-md:gap-y-0" key={reason}>
                <span className="w-12 shrink-0 text-right font-mono text-small">
                  {formatCount(count)}
                </span>
                <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">
                  {words(reason).phrase}
                  <span className="block text-small text-text-2">
                    {withCode(words(reason).remedy)}
                  </span>
                </span>
                <code className="font-mono text-caption text-text-3 max-md:w-full max-md:pl-15">
                  {rejectionCode(reason) ?? reason}
                </code>
              </li>
            ))}
          </ul>
        </details>
      )}
      {last == null ? null : (
        <p className="border-line border-t px-5 py-3 text-small text-text-2">
          {t(last.direction === 'sent' ? 'notificationSent' : 'notificationReceived', {
            name: last.name,
            code: `${last.code}/${last.subcode}`,
          })}
          {last.text === undefined ? null : <q className="ml-1">{last.text}</q>}
        </p>
      )}
    </section>
  );
}

/** What a reason is, and what to do about it; one without words is shown as it is. */
function useReasonWords(): (reason: string) => {
  readonly phrase: string;
  readonly remedy: string;
} {
  const t = useTranslations('rejection');
  return (reason) => {
    const code = rejectionCode(reason);
    return code === undefined
      ? { phrase: reason, remedy: '' }
      : { phrase: t(`phrase.${code}`, rejectionRule(reason)), remedy: t(`remedy.${code}`) };
  };
}
