'use client';

/**
 * The cable across a peering's page: one station per step, lying from 768 px, upright below.
 *
 * Not standardized; design §4 "timeline step". Each change is announced once, in a short sentence.
 */
import { clsx } from 'clsx';
import { useTranslations } from 'use-intl';
import { formatDifference } from '../_text/format.ts';
import type { StationView } from './peering/timeline-model.ts';
import { Station } from './station.tsx';
import { Clock } from './time.tsx';

type Props = {
  readonly stations: readonly StationView[];
  /** Under the last station when it is done: "688 in, 1,203 out". */
  readonly ending: string;
  /** The next step is expected soon: the dots drift. */
  readonly isMoving: boolean;
};

export function Timeline({ stations, ending, isMoving }: Props) {
  const t = useTranslations('peering');
  const current = stations.find(({ state }) => state === 'now' || state === 'stuck');
  const last = stations.findLast(({ state }) => state === 'done');
  return (
    <div className="rounded-card border border-line bg-surface px-5 py-5 md:px-7 md:py-6">
      <ol className="max-md:flex max-md:flex-col md:grid md:grid-cols-[repeat(7,minmax(0,1fr))_7rem]">
        {stations.map((station, at) => (
          <Step
            before={stations[at - 1]}
            ending={ending}
            isMoving={isMoving}
            key={station.name}
            next={stations[at + 1]}
            station={station}
          />
        ))}
      </ol>
      <p aria-live="polite" className="sr-only">
        {current?.state === 'stuck'
          ? t('announceStuck', { step: t(`step.${current.name}`) })
          : last === undefined
            ? ''
            : t('announceDone', { step: t(`step.${last.name}`) })}
      </p>
    </div>
  );
}

type StepProps = {
  readonly station: StationView;
  readonly before: StationView | undefined;
  readonly next: StationView | undefined;
  readonly ending: string;
  readonly isMoving: boolean;
};

function Step({ station, before, next, ending, isMoving }: StepProps) {
  const t = useTranslations('peering');
  const isCurrent = station.state === 'now' || station.state === 'stuck';
  const shape = station.state === 'done' && station.isLast ? 'end' : station.state;
  return (
    <li
      aria-current={isCurrent ? 'step' : undefined}
      className="relative flex min-w-0 md:flex-col max-md:gap-4 max-md:pb-6 max-md:last:pb-0"
    >
      {next === undefined ? null : (
        <Segment
          isDrifting={isMoving && isCurrent}
          isLit={next.state === 'done'}
          leadsToNow={station.state === 'done' && (next.state === 'now' || next.state === 'stuck')}
        />
      )}
      <span className="relative z-10">
        <Station state={shape} />
      </span>
      <span className="min-w-0 flex-1 max-md:flex max-md:justify-between max-md:gap-3 md:mt-3 md:pr-2">
        <span
          className={clsx(
            'block font-semibold',
            station.state === 'ahead' && 'font-normal text-text-3',
            station.state === 'stuck' && 'text-warn',
          )}
        >
          {t(`step.${station.name}`)}
          <span className="sr-only"> {t(`stepState.${station.state}`)}</span>
        </span>
        <span className="block min-h-9 text-small text-text-2 max-md:text-right">
          {station.at === null ? null : (
            <span className="block">
              <Clock at={station.at} />
            </span>
          )}
          <span className="block text-text-3 md:line-clamp-2">
            {below(station, before, ending)}
          </span>
        </span>
      </span>
    </li>
  );
}

/** The third line: who asked, what came of it, or how long it took since the step before. */
function below(station: StationView, before: StationView | undefined, ending: string): string {
  if (station.state !== 'done') return station.detail ?? '';
  if (station.isLast) return ending;
  if (before === undefined) return station.detail ?? '';
  return station.differenceMs === null ? '' : formatDifference(station.differenceMs);
}

/** The piece of cable to the next station; what is there grows in once. */
function Segment({
  isLit,
  leadsToNow,
  isDrifting,
}: {
  readonly isLit: boolean;
  readonly leadsToNow: boolean;
  readonly isDrifting: boolean;
}) {
  const place = 'absolute max-md:left-[7.5px] max-md:w-[5px] md:top-[7.5px] md:h-[5px]';
  if (isLit || leadsToNow) {
    return (
      <span
        aria-hidden="true"
        className={clsx(
          place,
          'border-accent-edge bg-accent max-md:top-2.5 max-md:-bottom-2.5 max-md:border-x md:-right-2.5 md:left-2.5 md:animate-grow md:border-y',
        )}
      />
    );
  }
  return (
    <span
      aria-hidden="true"
      className={clsx(
        place,
        'max-md:dots-down md:dots max-md:top-6 max-md:bottom-1 md:right-1 md:left-6',
        isDrifting && 'max-md:animate-drift-down md:animate-drift',
      )}
    />
  );
}
