'use client';

/** The moving part of a peering's page: title with state, timeline, diagnosis, counters. */
import Link from 'next/link';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { presentPeering } from '../../../_components/peering/presentation.ts';
import { buildTimeline } from '../../../_components/peering/timeline-model.ts';
import { totalsOf } from '../../../_components/peering/totals.ts';
import { StateShape } from '../../../_components/state-shape.tsx';
import { StatusChip } from '../../../_components/status-chip.tsx';
import { Age } from '../../../_components/time.tsx';
import { Timeline } from '../../../_components/timeline.tsx';
import type { PeeringObject } from '../../../_queries/view-models.ts';
import { formatCount } from '../../../_text/format.ts';
import { AdminFacts } from './admin-facts.tsx';
import { CapturePackets } from './capture-packets.tsx';
import { Diagnosis } from './diagnosis.tsx';
import { PeeringActions } from './peering-actions.tsx';
import { RouteCounts } from './route-counts.tsx';
import { TunnelFacts } from './tunnel-facts.tsx';
import { useLivePeering } from './use-live-peering.ts';

type Props = {
  readonly initial: PeeringObject;
  readonly isOperator: boolean;
  /** Configuration and our values, made on the server. */
  readonly side: ReactNode;
};

export function PeeringLive({ initial, isOperator, side }: Props) {
  const t = useTranslations();
  const { peering, isLost, show } = useLivePeering(initial);
  const { word, chip, station } = presentPeering(peering);
  const stations = buildTimeline(peering);
  const totals = totalsOf(peering.sessions);
  const latest = peering.timeline.at(-1)?.at ?? peering.createdAt;
  return (
    <>
      <nav aria-label={t('peering.breadcrumb')} className="pt-8 text-small text-text-2 lg:pt-10">
        <Link className="link" href={isOperator ? '/admin/peerings' : '/peerings'}>
          {t(isOperator ? 'peering.allPeerings' : 'peering.myPeerings')}
        </Link>{' '}
        / {peering.node}
      </nav>
      <header className="mt-1 mb-6 flex flex-wrap items-center gap-x-5 gap-y-2">
        <h1 className="font-semibold text-h1 [overflow-wrap:anywhere]">
          {t.rich('peering.title', {
            network: peering.networkName ?? `AS${peering.asn}`,
            node: peering.nodePlace ?? peering.node,
            quiet: (words) => <span className="font-normal text-text-3">{words}</span>,
          })}
        </h1>
        <StatusChip kind={chip}>
          {word === 'stuck' && station !== undefined
            ? t('state.stuckAt', { step: t(`peering.stepInSentence.${station}`) })
            : t(`state.${word}`)}
        </StatusChip>
        <p className="flex min-w-60 items-center gap-2 text-small text-text-2 max-md:w-full">
          {isLost ? (
            <>
              <StateShape kind="warn" size={12} />
              {t('peering.lost')}
            </>
          ) : (
            <span>
              {word === 'established'
                ? t.rich('peering.establishedFor', { age: () => <Age at={latest} long /> })
                : t.rich('peering.live', { age: () => <Age at={latest} /> })}
            </span>
          )}
        </p>
        <PeeringActions onChanged={show} peering={peering} />
      </header>
      {peering.administrativeReason === null || peering.administrative === 'enabled' ? null : (
        <p className="mb-8 flex items-start gap-3 rounded-card border border-line-2 bg-surface px-5 py-4">
          <span className="mt-1">
            <StateShape kind={chip} />
          </span>
          {peering.administrativeReason}
        </p>
      )}
      {/*
       * In the order of a phone, so that nothing moves while a slow machine still reads the page. From md the
       * stations stand above; as they come second, their first row is kept free for them: 138 px, and 32 below.
       */}
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-10 md:grid-rows-[minmax(170px,auto)] lg:grid-cols-[minmax(0,480px)_minmax(0,1fr)] lg:grid-rows-[minmax(170px,auto)_auto_1fr]">
        <div className="md:row-start-2">
          <Diagnosis
            awaits={isComingUp(peering) ? station : undefined}
            onChanged={show}
            peering={peering}
          />
        </div>
        <div className="mb-8 md:row-start-1 lg:col-span-2">
          <Timeline
            ending={
              totals.received + totals.sent === 0
                ? ''
                : t('peering.ending', {
                    received: formatCount(totals.received),
                    sent: formatCount(totals.sent),
                  })
            }
            isMoving={peering.administrative === 'enabled' && !isLost}
            stations={stations}
          />
        </div>
        <div className="mb-8 space-y-8 md:row-start-3 lg:col-start-1">
          {hasRoutesToShow(peering) ? <RouteCounts sessions={peering.sessions} /> : null}
          <TunnelFacts peering={peering} />
          {peering.admin === null ? null : <AdminFacts admin={peering.admin} />}
          {peering.can.capture ? <CapturePackets peering={peering} /> : null}
        </div>
        <div className="md:row-start-4 lg:col-start-2 lg:row-span-2 lg:row-start-2">{side}</div>
      </div>
    </>
  );
}

/** A session is expected, and is not up. */
const isComingUp = ({ administrative, operational }: PeeringObject): boolean =>
  administrative === 'enabled' && ['none', 'provisioned', 'handshake'].includes(operational);

/** Zeros of a session that was never up say nothing. */
const hasRoutesToShow = ({ sessions }: PeeringObject): boolean =>
  sessions.some(
    ({ state, received, lastNotification }) =>
      state === 'established' || received > 0 || lastNotification !== null,
  );
