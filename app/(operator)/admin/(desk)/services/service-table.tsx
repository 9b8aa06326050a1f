/** The services of one node: a row per switch, those that are off too. */
import type { ReactNode } from 'react';
import { type Column, DataTable } from '../../../../_components/data-table.tsx';
import { Prefix } from '../../../../_components/prefix.tsx';
import { type ChipKind, StatusChip } from '../../../../_components/status-chip.tsx';
import { Age } from '../../../../_components/time.tsx';
import type { ServiceRow } from '../../../../_queries/view-models.ts';
import { formatCount } from '../../../../_text/format.ts';
import { getTranslator } from '../../../../_text/translator.ts';

type Props = { readonly label: string; readonly services: readonly ServiceRow[] };

const CHIP: Record<ServiceRow['state'], ChipKind> = {
  off: 'disabled',
  listening: 'ok',
  'not-listening': 'down',
  unknown: 'waiting',
};

export function ServiceTable({ label, services }: Props) {
  const t = getTranslator('services');
  const figure = (key: 'total' | 'refused'): Column<ServiceRow> => ({
    key,
    head: t(key),
    align: 'right',
    cell: ({ connections }) =>
      connections === null ? null : (
        <span className="font-mono text-small">{formatCount(connections[key])}</span>
      ),
  });
  return (
    <DataTable
      columns={[
        {
          key: 'service',
          head: t('service'),
          onPhone: 'lead',
          cell: (row) => (
            <Lines
              first={<span className="font-medium">{t(`kind.${row.kind}`)}</span>}
              width="md:w-56"
            >
              {row.state === 'off'
                ? t(`offText.${row.kind}`)
                : facts(row).map((fact) => (
                    <span className="block" key={fact}>
                      {fact}
                    </span>
                  ))}
            </Lines>
          ),
        },
        {
          key: 'state',
          head: t('state'),
          onPhone: 'bare',
          cell: ({ state, note }) => (
            <Lines
              first={
                <StatusChip
                  kind={note !== '' && state === 'listening' ? 'warn' : CHIP[state]}
                  plain
                >
                  {t(`is.${state}`)}
                </StatusChip>
              }
              width="md:w-40"
            >
              {note}
            </Lines>
          ),
        },
        {
          key: 'at',
          head: t('at'),
          cell: ({ at, addresses }) =>
            at === null ? null : (
              <Lines
                first={<code className="font-mono text-small md:whitespace-nowrap">{at}</code>}
              >
                {addresses.map((address) => (
                  <span className="block md:min-w-36" key={address}>
                    <Prefix value={address} />
                  </span>
                ))}
              </Lines>
            ),
        },
        { key: 'to', head: t('to'), cell: (row) => (row.state === 'off' ? null : target(row)) },
        {
          key: 'now',
          head: t('now'),
          align: 'right',
          cell: ({ connections }) =>
            connections === null ? null : (
              <span className="whitespace-nowrap text-small text-text-2">
                <span className="font-mono text-text">{formatCount(connections.now)}</span>{' '}
                {t('nowOf', { limit: formatCount(connections.limit) })}
              </span>
            ),
        },
        figure('total'),
        figure('refused'),
        {
          key: 'lastRefusal',
          head: t('lastRefusal'),
          cell: ({ connections }) =>
            connections === null ? null : connections.lastRefusal === undefined ? (
              <span className="text-text-3">{t('none')}</span>
            ) : (
              <Lines first={t(`refusal.${connections.lastRefusal.reason}`)}>
                <Age at={connections.lastRefusal.at} />
              </Lines>
            ),
        },
      ]}
      empty={null}
      label={label}
      rowKey={({ kind, at }) => `${kind} ${at}`}
      rows={services}
    />
  );
}

/** A value, and smaller what belongs to it; with a width of its own it breaks the same in every font. */
function Lines({
  first,
  width = 'max-w-72',
  children,
}: {
  readonly first: ReactNode;
  readonly width?: string;
  readonly children: ReactNode;
}) {
  return (
    <span className={`block whitespace-normal py-2 max-md:py-0 [overflow-wrap:anywhere] ${width}`}>
      {first}
      <span className="block text-small text-text-2">{children}</span>
    </span>
  );
}

/** Whom it serves, how many of one source, and who answers for names. */
function facts({ access, resolvers, connections }: ServiceRow): string[] {
  const t = getTranslator('services');
  const whom =
    access.kind !== 'sources'
      ? t(`access.${access.kind}`)
      : access.prefixes.length === 0
        ? t('access.everybody')
        : t('access.prefixes', { prefixes: access.prefixes.join(', ') });
  const perSource = connections?.limitPerSource;
  return [
    whom,
    ...(perSource === undefined ? [] : [t('perSource', { limit: formatCount(perSource) })]),
    ...(resolvers.length === 0 ? [] : [t('resolvers', { resolvers: resolvers.join(', ') })]),
  ];
}

function target({ kind, to }: ServiceRow): ReactNode {
  const t = getTranslator('services');
  if (to !== null) return <code className="font-mono text-small">{to}</code>;
  return t(kind === 'overlay-portal' ? 'thisPortal' : 'anywhere');
}
