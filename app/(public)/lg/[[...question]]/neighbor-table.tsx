/** The neighbours of a node: who, since when, how many routes. */
import { AsBadge } from '../../../_components/as-badge.tsx';
import { Cable } from '../../../_components/cable.tsx';
import { type Column, DataTable } from '../../../_components/data-table.tsx';
import { EmptyState } from '../../../_components/empty-state.tsx';
import { type ChipKind, StatusChip } from '../../../_components/status-chip.tsx';
import { Age } from '../../../_components/time.tsx';
import type { LookingGlassAnswer, NeighborRow } from '../../../_queries/view-models.ts';
import { formatCount, formatMilliseconds } from '../../../_text/format.ts';
import { getTranslator } from '../../../_text/translator.ts';

const CHIP: Record<NeighborRow['state'], ChipKind> = {
  established: 'ok',
  opensent: 'busy',
  openconfirm: 'busy',
  connect: 'waiting',
  active: 'waiting',
  idle: 'disabled',
};

type Props = { readonly answer: Extract<LookingGlassAnswer, { query: 'summary' }> };

export function NeighborTable({ answer }: Props) {
  const t = getTranslator('lookingGlass');
  const { neighbors } = answer;
  const established = neighbors.filter(({ state }) => state === 'established').length;
  const figure = (key: keyof NeighborRow['counters'], head: string): Column<NeighborRow> => ({
    key,
    head,
    align: 'right',
    cell: ({ counters }) => (
      <span className="font-mono text-small">{formatCount(counters[key])}</span>
    ),
  });
  return (
    <section aria-labelledby="neighbors">
      <h2 className="mb-4 font-semibold text-h2" id="neighbors">
        {t('neighborsTitle', { count: neighbors.length, established, node: answer.node })}
      </h2>
      <DataTable
        columns={[
          {
            key: 'state',
            head: t('state'),
            onPhone: 'lead',
            cell: ({ state }) => (
              <StatusChip kind={CHIP[state]} plain>
                {t(`session.${state}`)}
              </StatusChip>
            ),
          },
          {
            key: 'network',
            onPhone: 'bare',
            head: t('network'),
            cell: ({ network }) => <AsBadge asn={network.asn} name={network.name} />,
          },
          {
            key: 'cable',
            onPhone: 'bare',
            head: t('cable'),
            cell: ({ state }) => (
              <Cable
                progress={CHIP[state] === 'busy' ? 0.7 : 0.2}
                state={
                  state === 'established'
                    ? 'in-use'
                    : state === 'idle'
                      ? 'disabled'
                      : CHIP[state] === 'busy'
                        ? 'coming-up'
                        : 'waiting'
                }
                width={60}
              />
            ),
          },
          {
            key: 'name',
            onPhone: 'bare',
            head: t('name'),
            cell: ({ name }) => <code className="font-mono text-small text-text-2">{name}</code>,
          },
          figure('received', t('received')),
          figure('accepted', t('accepted')),
          figure('rejected', t('rejected')),
          figure('sent', t('sent')),
          {
            key: 'rtt',
            head: t('roundTrip'),
            align: 'right',
            cell: ({ roundTripMs }) =>
              roundTripMs === null ? null : (
                <span className="font-mono text-small">{formatMilliseconds(roundTripMs)}</span>
              ),
          },
          {
            key: 'since',
            head: t('since'),
            align: 'right',
            cell: ({ since }) => (
              <span className="inline-block min-w-12 text-small text-text-2">
                <Age at={since} />
              </span>
            ),
          },
          {
            key: 'error',
            head: t('lastError'),
            isWide: true,
            cell: ({ lastError }) =>
              lastError === null ? null : (
                <span className="text-small text-text-2">{lastError}</span>
              ),
          },
        ]}
        dense
        empty={<EmptyState text={t('noNeighborsText')} title={t('noNeighbors')} />}
        label={t('neighbors')}
        rowKey={({ name }) => name}
        rows={neighbors}
      />
    </section>
  );
}
