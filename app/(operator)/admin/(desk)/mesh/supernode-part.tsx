/** This node as a supernode: its keys and ports, its edges with when they were last seen, and new ones. */
import { DataTable } from '../../../../_components/data-table.tsx';
import { type KeyValue, KeyValueList } from '../../../../_components/key-value-list.tsx';
import { StatusChip } from '../../../../_components/status-chip.tsx';
import { Age } from '../../../../_components/time.tsx';
import type { MeshSettingsObject } from '../../../../_queries/view-models.ts';
import { getTranslator } from '../../../../_text/translator.ts';
import { AddEdges } from './add-edges.tsx';
import { ChangePanel } from './change-panel.tsx';
import { PartHead } from './part-head.tsx';
import { RemoveEdge } from './remove-edge.tsx';
import { ShortKey } from './short-key.tsx';

type Supernode = NonNullable<MeshSettingsObject['supernode']>;
type Props = {
  readonly node: string;
  readonly endpoint: string | null;
  readonly supernode: Supernode;
  readonly isFree: boolean;
};

export function SupernodePart({ node, endpoint, supernode, isFree }: Props) {
  const id = `supernode-${node}`;
  const { status, text } = supernode;
  return (
    <section aria-labelledby={id}>
      <PartHead id={id} instance="supernode" part={supernode} />
      <div className="mb-6 space-y-6">
        {status === null ? null : (
          <div className="max-w-220">
            <KeyValueList isStacked rows={factsOf(status)} />
          </div>
        )}
        <Members isFree={isFree} node={node} supernode={supernode} />
        {isFree && status !== null ? <AddEdges endpoint={endpoint} node={node} /> : null}
      </div>
      {isFree ? <ChangePanel instance="supernode" node={node} text={text} /> : null}
    </section>
  );
}

function factsOf({ name, publicKeys, listenPorts }: NonNullable<Supernode['status']>): KeyValue[] {
  const t = getTranslator('meshDesk');
  const keyFact = (label: string, key: string | null): KeyValue[] =>
    key === null
      ? []
      : [{ label, value: <code className="font-mono text-small">{key}</code>, copy: key }];
  return [
    { label: t('fact.name'), value: name },
    ...keyFact(t('fact.publicKeyV4'), publicKeys.v4),
    ...keyFact(t('fact.publicKeyV6'), publicKeys.v6),
    {
      label: t('fact.listens'),
      value:
        listenPorts
          .map(({ family, port }) => t('portOf', { port: String(port), family: String(family) }))
          .join(', ') || t('none'),
    },
  ];
}

function Members({
  node,
  supernode,
  isFree,
}: {
  readonly node: string;
  readonly supernode: Supernode;
  readonly isFree: boolean;
}) {
  const t = getTranslator('meshDesk');
  const seen = new Map((supernode.status?.edges ?? []).map((edge) => [edge.node, edge]));
  return (
    <DataTable
      columns={[
        {
          key: 'edge',
          head: t('col.edge'),
          onPhone: 'lead',
          cell: ({ name }) => <span className="font-medium">{name}</span>,
        },
        {
          key: 'number',
          head: t('col.number'),
          align: 'right',
          cell: ({ node: number }) => <span className="font-mono text-small">{number}</span>,
        },
        {
          key: 'state',
          head: t('col.state'),
          onPhone: 'bare',
          cell: ({ node: number }) => {
            const edge = seen.get(number);
            if (edge === undefined || edge.lastSeenAt === null)
              return (
                <StatusChip kind="waiting" plain>
                  {t('never')}
                </StatusChip>
              );
            return (
              <StatusChip kind={edge.isAlive ? 'ok' : 'down'} plain>
                {t(edge.isAlive ? 'up' : 'down')}
              </StatusChip>
            );
          },
        },
        {
          key: 'endpoint',
          head: t('col.endpoint'),
          cell: ({ node: number }) => {
            const { v4, v6 } = seen.get(number) ?? {};
            const endpoints = [v4?.endpoint, v6?.endpoint].filter(Boolean).join(', ');
            return endpoints === '' ? null : (
              <code className="font-mono text-small">{endpoints}</code>
            );
          },
        },
        {
          key: 'key',
          head: t('col.publicKey'),
          cell: ({ node: number, name }) => {
            const edge = seen.get(number);
            return edge === undefined ? null : <ShortKey of={name} value={edge.publicKey} />;
          },
        },
        {
          key: 'heard',
          head: t('col.heard'),
          align: 'right',
          cell: ({ node: number }) => {
            const at = seen.get(number)?.lastSeenAt ?? null;
            return at === null ? null : <Age at={at} />;
          },
        },
        ...(isFree
          ? [
              {
                key: 'action',
                head: t('col.action'),
                onPhone: 'bare' as const,
                cell: (member: Supernode['members'][number]) => (
                  <RemoveEdge name={member.name} node={node} number={member.node} />
                ),
              },
            ]
          : []),
      ]}
      empty={<p className="text-text-2">{t('noMembers')}</p>}
      label={t('members')}
      rowKey={({ node: number }) => String(number)}
      rows={supernode.members}
    />
  );
}
