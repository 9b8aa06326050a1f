/** This node as an edge: who it is, and its links with endpoints and keys. */
import { DataTable } from '../../../../_components/data-table.tsx';
import { type KeyValue, KeyValueList } from '../../../../_components/key-value-list.tsx';
import { StatusChip } from '../../../../_components/status-chip.tsx';
import { Age } from '../../../../_components/time.tsx';
import type { MeshEdgeStatusObject, MeshSettingsObject } from '../../../../_queries/view-models.ts';
import { getTranslator } from '../../../../_text/translator.ts';
import { ChangePanel } from './change-panel.tsx';
import { PartHead } from './part-head.tsx';
import { ShortKey } from './short-key.tsx';

type Props = {
  readonly node: string;
  readonly edge: NonNullable<MeshSettingsObject['edge']>;
  readonly isFree: boolean;
};

export function EdgePart({ node, edge, isFree }: Props) {
  const id = `edge-${node}`;
  const { status, text } = edge;
  return (
    <section aria-labelledby={id}>
      <PartHead id={id} instance="edge" part={edge} />
      {status === null ? null : <Running status={status} />}
      {isFree ? <ChangePanel instance="edge" node={node} text={text} /> : null}
    </section>
  );
}

function Running({ status }: { readonly status: MeshEdgeStatusObject }) {
  const t = getTranslator('meshDesk');
  return (
    <div className="mb-6 space-y-6">
      <div className="max-w-220">
        <KeyValueList isStacked rows={factsOf(status)} />
      </div>
      <DataTable
        columns={[
          {
            key: 'neighbor',
            head: t('col.neighbor'),
            onPhone: 'lead',
            cell: ({ role, node }) => (
              <span className="font-medium">
                {role === 'supernode'
                  ? t('supernodeOfMesh')
                  : t('nodeNumber', { number: String(node) })}
              </span>
            ),
          },
          {
            key: 'state',
            head: t('col.state'),
            onPhone: 'bare',
            cell: ({ isAlive }) => (
              <StatusChip kind={isAlive ? 'ok' : 'down'} plain>
                {t(isAlive ? 'up' : 'down')}
              </StatusChip>
            ),
          },
          {
            key: 'endpoint',
            head: t('col.endpoint'),
            cell: ({ endpoint }) =>
              endpoint === null ? null : <code className="font-mono text-small">{endpoint}</code>,
          },
          {
            key: 'key',
            head: t('col.publicKey'),
            cell: ({ publicKey, node }) => (
              <ShortKey of={t('nodeNumber', { number: String(node) })} value={publicKey} />
            ),
          },
          {
            key: 'heard',
            head: t('col.heard'),
            align: 'right',
            cell: ({ lastReceivedAt }) =>
              lastReceivedAt === null ? null : <Age at={lastReceivedAt} />,
          },
          {
            key: 'trouble',
            head: t('col.trouble'),
            cell: ({ problem }) =>
              problem === null ? null : (
                <span className="block max-w-100 whitespace-normal">{problem}</span>
              ),
          },
        ]}
        dense
        empty={<p className="text-text-2">{t('noLinks')}</p>}
        label={t('links')}
        rowKey={({ node, publicKey }) => `${node} ${publicKey}`}
        rows={status.links}
      />
    </div>
  );
}

function factsOf(status: MeshEdgeStatusObject): KeyValue[] {
  const t = getTranslator('meshDesk');
  const { node, name, mode, publicKey, listenPorts, port, supernode, endpointsOfOurs } = status;
  const mono = (text: string) => <code className="font-mono text-small">{text}</code>;
  const known = mode === 'super' || mode === 'p2p' || mode === 'static' ? t(`mode.${mode}`) : mode;
  return [
    { label: t('fact.number'), value: mono(String(node)) },
    { label: t('fact.name'), value: name },
    { label: t('fact.mode'), value: known },
    { label: t('fact.publicKey'), value: mono(publicKey), copy: publicKey },
    {
      label: t('fact.listens'),
      value:
        listenPorts
          .map(({ family, port: number }) =>
            t('portOf', { port: String(number), family: String(family) }),
          )
          .join(', ') || t('none'),
    },
    {
      label: t('fact.addresses'),
      value:
        port === null
          ? t('relayOnly')
          : mono(port.addresses.map(({ address }) => address).join(', ') || t('none')),
    },
    ...(endpointsOfOurs.length === 0
      ? []
      : [{ label: t('fact.known'), value: mono(endpointsOfOurs.join(', ')) }]),
    ...(supernode === null
      ? []
      : [
          {
            label: t('fact.supernode'),
            value: (
              <>
                {mono(supernode.url)}{' '}
                <span className="text-text-2">
                  {supernode.problem ??
                    (supernode.lastRegisteredAt === null
                      ? t('notRegistered')
                      : t.rich('registered', {
                          age: () => <Age at={supernode.lastRegisteredAt ?? ''} />,
                        }))}
                </span>
              </>
            ),
          },
        ]),
  ];
}
