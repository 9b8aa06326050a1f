/** Our nodes with all that one needs to know before peering. */
import { AsBadge } from '../../_components/as-badge.tsx';
import { ButtonLink } from '../../_components/button.tsx';
import { KeyValueList } from '../../_components/key-value-list.tsx';
import { Prefix } from '../../_components/prefix.tsx';
import { StatusChip } from '../../_components/status-chip.tsx';
import { Age } from '../../_components/time.tsx';
import { getNodes } from '../../_queries/nodes.ts';
import type { NodeCard } from '../../_queries/view-models.ts';
import { countryName } from '../../_text/countries.ts';
import { formatCount } from '../../_text/format.ts';
import { getTranslator, LANGUAGE } from '../../_text/translator.ts';

const CHIP = { up: 'ok', starting: 'busy', down: 'down', maintenance: 'held' } as const;

export function generateMetadata() {
  return { title: getTranslator('nodes')('title') };
}

export default async function NodesPage() {
  const nodes = await getNodes();
  const t = getTranslator('nodes');
  const isOpen = nodes.some((node) => node.isOpen);
  const up = nodes.filter(({ state }) => state === 'up').length;
  return (
    <>
      <header className="flex flex-wrap items-end gap-x-8 gap-y-4 pt-10 pb-8 lg:pt-14">
        <div className="flex-1 max-md:basis-full">
          <h1 className="font-semibold text-h1">{t('title')}</h1>
          <p className="mt-2 text-lead text-text-2">{t('summary', { up, count: nodes.length })}</p>
        </div>
        {isOpen ? (
          <ButtonLink href="/peerings/new" size="large" variant="primary">
            {t('peerWithMe')}
          </ButtonLink>
        ) : null}
      </header>
      <div className="space-y-14">
        {nodes.map((node) => (
          <NodeSection key={node.name} node={node} />
        ))}
      </div>
    </>
  );
}

function NodeSection({ node }: { readonly node: NodeCard }) {
  const t = getTranslator('nodes');
  const { ours } = node;
  return (
    <section aria-labelledby={`node-${node.name}`} className="border-line-2 border-t pt-5">
      <div className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-1">
        <h2 className="font-semibold text-h2" id={`node-${node.name}`}>
          {node.place ?? node.name}
        </h2>
        {node.country === null ? null : (
          <span className="text-text-2">{countryName(node.country, LANGUAGE)}</span>
        )}
        <StatusChip kind={CHIP[node.state]}>{t(`state.${node.state}`)}</StatusChip>
        {node.stateSince === null ? null : (
          <span className="text-small text-text-3">
            {t.rich('since', { age: () => <Age at={node.stateSince ?? ''} long /> })}
          </span>
        )}
      </div>
      {node.stateReason === null ? null : <p className="mb-4 text-text-2">{node.stateReason}</p>}
      <div className="grid gap-x-14 gap-y-6 lg:grid-cols-2">
        <KeyValueList
          rows={[
            { label: t('name'), value: <code className="font-mono">{node.name}</code> },
            { label: t('asNumber'), value: <AsBadge asn={ours.asn} />, copy: String(ours.asn) },
            ours.endpoint === null
              ? { label: t('endpoint'), value: t('noEndpoint') }
              : {
                  label: t('endpoint'),
                  value: <code className="font-mono">{ours.endpoint}</code>,
                  copy: ours.endpoint,
                },
            {
              label: t('publicKey'),
              value: <code className="font-mono text-small">{ours.publicKey}</code>,
              copy: ours.publicKey,
            },
            {
              label: t('linkLocal'),
              value: <Prefix value={ours.linkLocal} />,
              copy: ours.linkLocal,
            },
            ...ours.addresses.map((address) => ({
              label: t(address.includes(':') ? 'ipv6' : 'ipv4'),
              value: <Prefix value={address} />,
              copy: address,
            })),
          ]}
        />
        <KeyValueList
          rows={[
            {
              label: t('peering'),
              value: node.isOpen
                ? t(node.approval === 'automatic' ? 'openAtOnce' : 'openAfterLook')
                : (node.closedReason ?? t('closed')),
            },
            {
              label: t('places'),
              value:
                node.places.limit === null
                  ? t('taken', { taken: node.places.taken })
                  : t('takenOf', { taken: node.places.taken, limit: node.places.limit }),
            },
            { label: t('established'), value: formatCount(node.established) },
            {
              label: t('routes'),
              value: t('routesOf', {
                ipv4: formatCount(node.routes.ipv4),
                ipv6: formatCount(node.routes.ipv6),
              }),
            },
            {
              label: t('underlay'),
              value:
                node.families.length === 0
                  ? t('noFamily')
                  : node.families.map((family) => (family === 'ipv4' ? 'IPv4' : 'IPv6')).join(', '),
            },
          ]}
        />
      </div>
    </section>
  );
}
