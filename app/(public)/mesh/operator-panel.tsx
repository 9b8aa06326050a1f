/** What only operators see of the mesh: sessions with endpoints and keys, and what is wrong in the router's words. */
import { CopyButton } from '../../_components/copy-button.tsx';
import { DataTable } from '../../_components/data-table.tsx';
import { StateShape } from '../../_components/state-shape.tsx';
import { Age } from '../../_components/time.tsx';
import type { MeshObject } from '../../_queries/view-models.ts';
import { formatBytes } from '../../_text/format.ts';
import { getTranslator } from '../../_text/translator.ts';
import type { Names } from './mesh-words.ts';

type Props = {
  readonly details: NonNullable<MeshObject['details']>;
  readonly names: Names;
};

type Session = {
  readonly key: string;
  readonly name: string;
  readonly isAlive: boolean;
  readonly publicKey: string;
  readonly endpoint: string | null;
  readonly heardAt: string | null;
  readonly rxBytes: number;
  readonly txBytes: number;
  readonly trouble: string | null;
};

export function OperatorPanel({ details, names }: Props) {
  const t = getTranslator('mesh');
  const lists = sessionsOf(details, names);
  return (
    <section aria-labelledby="operator" className="mt-14 border-line-2 border-t pt-5">
      <div className="mb-4 flex items-baseline justify-between gap-4">
        <h2 className="font-semibold text-h2" id="operator">
          {t('operator.title')}
        </h2>
        <span className="text-small text-text-2">{t('operator.note')}</span>
      </div>
      <div className="space-y-8">
        {lists.map(({ instance, sessions }) => (
          <SessionTable
            key={instance}
            label={t('operator.sessions', { instance })}
            sessions={sessions}
          />
        ))}
      </div>
    </section>
  );
}

function sessionsOf({ edge, supernode }: Props['details'], names: Names) {
  const t = getTranslator('mesh');
  const ofEdge = (edge?.status?.links ?? []).map(
    (link): Session => ({
      key: `${link.node} ${link.publicKey}`,
      name: link.role === 'supernode' ? t('operator.supernode') : names(link.node),
      isAlive: link.isAlive,
      publicKey: link.publicKey,
      endpoint: link.endpoint,
      heardAt: link.lastReceivedAt,
      rxBytes: link.rxBytes,
      txBytes: link.txBytes,
      trouble: link.problem,
    }),
  );
  const ofSupernode = (supernode?.status?.edges ?? []).map((each): Session => {
    const sessions = [each.v4, each.v6].filter((session) => session !== null);
    return {
      key: String(each.node),
      name: names(each.node),
      isAlive: each.isAlive,
      publicKey: each.publicKey,
      endpoint: sessions.flatMap(({ endpoint }) => endpoint ?? []).join(', ') || null,
      heardAt: each.lastSeenAt,
      rxBytes: sessions.reduce((sum, { rxBytes }) => sum + rxBytes, 0),
      txBytes: sessions.reduce((sum, { txBytes }) => sum + txBytes, 0),
      trouble: null,
    };
  });
  return [
    ...(edge === undefined ? [] : [{ instance: 'edge', sessions: ofEdge } as const]),
    ...(supernode === undefined ? [] : [{ instance: 'supernode', sessions: ofSupernode } as const]),
  ];
}

function SessionTable({
  label,
  sessions,
}: {
  readonly label: string;
  readonly sessions: readonly Session[];
}) {
  const t = getTranslator('mesh');
  return (
    <div>
      <h3 className="mb-2 font-semibold text-section">{label}</h3>
      <DataTable
        columns={[
          {
            key: 'neighbor',
            head: t('operator.neighbor'),
            onPhone: 'lead',
            cell: ({ name, isAlive }) => (
              <span className="flex items-center gap-2">
                <StateShape kind={isAlive ? 'ok' : 'down'} />
                {name}
                <span className="sr-only">{t(isAlive ? 'links.up' : 'links.down')}</span>
              </span>
            ),
          },
          {
            key: 'endpoint',
            head: t('operator.endpoint'),
            cell: ({ endpoint }) =>
              endpoint === null ? null : <code className="font-mono text-small">{endpoint}</code>,
          },
          {
            key: 'key',
            head: t('operator.publicKey'),
            cell: ({ publicKey, name }) => (
              <span className="flex items-center gap-2">
                <code className="font-mono text-small text-text-2" title={publicKey}>
                  {publicKey.slice(0, 8)}…
                </code>
                <CopyButton value={publicKey} what={`${t('operator.publicKey')}, ${name}`} />
              </span>
            ),
          },
          {
            key: 'heard',
            head: t('operator.heard'),
            align: 'right',
            cell: ({ heardAt }) => (heardAt === null ? null : <Age at={heardAt} />),
          },
          {
            key: 'rx',
            head: t('operator.received'),
            align: 'right',
            cell: ({ rxBytes }) => <span className="font-mono">{formatBytes(rxBytes)}</span>,
          },
          {
            key: 'tx',
            head: t('operator.sent'),
            align: 'right',
            cell: ({ txBytes }) => <span className="font-mono">{formatBytes(txBytes)}</span>,
          },
          {
            key: 'trouble',
            head: t('operator.trouble'),
            cell: ({ trouble }) =>
              trouble === null ? null : (
                <span className="block max-w-100 whitespace-normal">{trouble}</span>
              ),
          },
        ]}
        dense
        empty={t('operator.none')}
        label={label}
        rowKey={({ key }) => key}
        rows={sessions}
      />
    </div>
  );
}
