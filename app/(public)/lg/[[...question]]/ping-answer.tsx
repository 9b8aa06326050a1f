/** Packets of a ping, one by one, and their summary. */
import { Prefix } from '../../../_components/prefix.tsx';
import { StateShape } from '../../../_components/state-shape.tsx';
import { StatusChip } from '../../../_components/status-chip.tsx';
import type { LookingGlassAnswer } from '../../../_queries/view-models.ts';
import { formatMilliseconds } from '../../../_text/format.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { LatencyBar } from './latency-bar.tsx';

type Props = { readonly answer: Extract<LookingGlassAnswer, { query: 'ping' }> };

export function PingAnswer({ answer }: Props) {
  const t = getTranslator('lookingGlass');
  const { packets, summary, target } = answer;
  const word = summary.received === 0 ? 'none' : summary.received < summary.sent ? 'some' : 'all';
  const chip = { none: 'down', some: 'warn', all: 'ok' } as const;
  return (
    <section aria-labelledby="ping" className="max-w-180">
      <div className="mb-5 flex flex-wrap items-center gap-x-4 gap-y-2">
        <h2 className="font-medium text-h1" id="ping">
          <Prefix value={target} />
        </h2>
        <StatusChip kind={chip[word]}>
          {t('answered', { received: summary.received, sent: summary.sent })}
        </StatusChip>
      </div>
      <ol className="divide-y divide-line border-line-2 border-y">
        {packets.map(({ sequence, roundTripMs, error }) => (
          <li className="flex min-h-11 items-center gap-4" key={sequence}>
            <StateShape kind={roundTripMs === null ? 'waiting' : 'ok'} />
            <span className="w-8 font-mono text-small text-text-3">{sequence}</span>
            <span className="flex-1 text-text-2">
              {error ?? (roundTripMs === null ? t('noAnswer') : null)}
            </span>
            <LatencyBar ms={roundTripMs} />
            <span className="w-20 text-right font-mono">
              {roundTripMs === null ? t('none') : formatMilliseconds(roundTripMs)}
            </span>
          </li>
        ))}
      </ol>
      {summary.averageMs === null || summary.minMs === null || summary.maxMs === null ? null : (
        <p className="mt-3 text-text-2">
          {t('pingSummary', {
            min: formatMilliseconds(summary.minMs),
            average: formatMilliseconds(summary.averageMs),
            max: formatMilliseconds(summary.maxMs),
          })}
        </p>
      )}
    </section>
  );
}
