/** Peerings as rows: word, cable, counters. For members and, dense, for the desk. */
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { PeeringObject } from '../../_queries/view-models.ts';
import { formatCount, formatMilliseconds } from '../../_text/format.ts';
import { getTranslator } from '../../_text/translator.ts';
import { AsBadge } from '../as-badge.tsx';
import { Cable } from '../cable.tsx';
import { type Column, DataTable } from '../data-table.tsx';
import { StatusChip } from '../status-chip.tsx';
import { Age } from '../time.tsx';
import { presentPeering } from './presentation.ts';
import { totalsOf } from './totals.ts';

type Props = {
  readonly label: string;
  readonly peerings: readonly PeeringObject[];
  readonly showsNetwork: boolean;
  readonly empty: ReactNode;
  readonly isDesk?: boolean;
  /** Last column of the desk. */
  readonly actions?: (peering: PeeringObject) => ReactNode;
};

export function PeeringTable({ label, peerings, showsNetwork, empty, isDesk, actions }: Props) {
  const t = getTranslator('peerings');
  const columns: Column<PeeringObject>[] = [
    {
      key: 'state',
      head: t('state'),
      onPhone: 'lead',
      cell: (peering) => <State peering={peering} />,
    },
    {
      key: 'cable',
      head: t('cable'),
      onPhone: 'bare',
      cell: (peering) => {
        const { cable, progress } = presentPeering(peering);
        return <Cable progress={progress} state={cable} width={isDesk === true ? 60 : 72} />;
      },
    },
    ...(showsNetwork
      ? [
          {
            key: 'network',
            head: t('network'),
            onPhone: 'bare' as const,
            cell: (peering: PeeringObject) => (
              <AsBadge asn={peering.asn} name={peering.networkName} />
            ),
          },
        ]
      : []),
    {
      key: 'node',
      head: t('node'),
      onPhone: 'bare',
      cell: (peering) => (
        <Link className="link font-medium" href={`/peerings/${peering.id}`}>
          {peering.nodePlace ?? peering.node}
        </Link>
      ),
    },
    ...(isDesk === true
      ? [
          {
            key: 'endpoint',
            head: t('endpoint'),
            isWide: true,
            cell: (peering: PeeringObject) => (
              <span className="font-mono text-small text-text-2">
                {peering.tunnel.endpoint ?? peering.endpoint ?? t('none')}
              </span>
            ),
          },
        ]
      : []),
    counter('received', t('received')),
    counter('accepted', t('accepted')),
    counter('rejected', t('rejected')),
    counter('sent', t('sent')),
    {
      key: 'rtt',
      head: t('roundTrip'),
      align: 'right',
      cell: ({ tunnel }) =>
        tunnel.roundTripMs === null ? null : (
          <span className="font-mono text-small">{formatMilliseconds(tunnel.roundTripMs)}</span>
        ),
    },
    {
      key: 'since',
      head: t('since'),
      align: 'right',
      // As wide as the longest age, so that a passing second moves nothing.
      cell: (peering) => (
        <span className="inline-block min-w-12 text-small text-text-2">
          <Age at={peering.timeline.at(-1)?.at ?? peering.createdAt} />
        </span>
      ),
    },
    ...(actions === undefined
      ? []
      : [{ key: 'actions', head: t('actions'), align: 'right' as const, cell: actions }]),
  ];
  return (
    <DataTable
      columns={columns}
      dense={isDesk === true}
      empty={empty}
      label={label}
      rowKey={({ id }) => id}
      rows={peerings}
    />
  );
}

function State({ peering }: { readonly peering: PeeringObject }) {
  const t = getTranslator();
  const { word, chip, station } = presentPeering(peering);
  return (
    <StatusChip kind={chip} plain>
      <Link href={`/peerings/${peering.id}`}>
        {word === 'stuck' && station !== undefined
          ? t('state.stuckAt', { step: t(`peering.stepInSentence.${station}`) })
          : t(`state.${word}`)}
      </Link>
    </StatusChip>
  );
}

const counter = (
  key: 'received' | 'accepted' | 'rejected' | 'sent',
  head: string,
): Column<PeeringObject> => ({
  key,
  head,
  align: 'right',
  cell: (peering) => {
    if (peering.sessions.length === 0) return null;
    const count = totalsOf(peering.sessions)[key];
    const isStressed = key === 'rejected' && count > 0;
    return (
      <span className={isStressed ? 'font-mono font-semibold text-small' : 'font-mono text-small'}>
        {formatCount(count)}
      </span>
    );
  },
});
