/** The virtual routers of a node, as the file names them and as they run. */
import { DataTable } from '../../../_components/data-table.tsx';
import { Prefix } from '../../../_components/prefix.tsx';
import { withCode } from '../../../_components/with-code.tsx';
import type { AdminVrf } from '../../../_queries/view-models.ts';
import { formatCount } from '../../../_text/format.ts';
import { getTranslator } from '../../../_text/translator.ts';

type Props = {
  readonly name: string;
  readonly place: string | null;
  readonly vrfs: readonly AdminVrf[];
};

export function VrfList({ name, place, vrfs }: Props) {
  const t = getTranslator('admin');
  const list = (values: readonly string[]) =>
    values.length === 0 ? (
      t('none')
    ) : (
      <span className="block text-small md:py-2">
        {values.map((value) => (
          <span className="block" key={value}>
            <Prefix value={value} />
          </span>
        ))}
      </span>
    );
  return (
    <section
      aria-labelledby={`vrfs-${name}`}
      className="rounded-card border border-line bg-surface p-5"
    >
      <h2 className="mb-1 font-semibold text-section" id={`vrfs-${name}`}>
        {t('vrfs', { node: place ?? name })}
      </h2>
      <p className="mb-3 text-small text-text-2">{withCode(t('vrfsText'))}</p>
      <DataTable
        columns={[
          {
            key: 'name',
            head: t('vrfName'),
            onPhone: 'lead',
            cell: (vrf) => <code className="font-mono font-semibold text-small">{vrf.name}</code>,
          },
          { key: 'addresses', head: t('vrfAddresses'), cell: (vrf) => list(vrf.addresses) },
          { key: 'announce', head: t('vrfAnnounce'), cell: (vrf) => list(vrf.announce) },
          {
            key: 'peerings',
            head: t('vrfPeerings'),
            cell: ({ peerings }) =>
              peerings.length === 0 ? (
                t('none')
              ) : (
                <span className="whitespace-normal font-mono text-small">
                  {peerings.join(', ')}
                </span>
              ),
          },
          {
            key: 'routes',
            head: t('vrfRoutes'),
            align: 'right',
            cell: ({ routes }) => (
              <span className="font-mono text-small">
                {routes === null
                  ? t('none')
                  : `${formatCount(routes.ipv4)} + ${formatCount(routes.ipv6)}`}
              </span>
            ),
          },
          {
            key: 'lookingGlass',
            head: t('vrfLookingGlass'),
            cell: ({ isPublic }) => t(isPublic ? 'vrfPublic' : 'vrfPrivate'),
          },
        ]}
        empty={null}
        label={t('vrfs', { node: place ?? name })}
        rowKey={(vrf) => vrf.name}
        rows={vrfs}
      />
    </section>
  );
}
