/** Change a peering; what restarts the session is said before saving. */
import Link from 'next/link';
import { notFound, redirect } from 'next/navigation';
import { getNewPeeringView, getPeering } from '../../../../_queries/peerings.ts';
import { getViewer } from '../../../../_queries/viewer.ts';
import { getTranslator } from '../../../../_text/translator.ts';
import { PeeringForm } from '../../peering-form/peering-form.tsx';

type Props = { readonly params: Promise<{ readonly id: string }> };

export function generateMetadata() {
  return { title: getTranslator('peerings')('editTitle') };
}

export default async function EditPeeringPage({ params }: Props) {
  const { id } = await params;
  const viewer = await getViewer();
  if (viewer.kind === 'visitor') redirect('/sign-in');
  const [peering, view] = await Promise.all([
    getPeering(viewer, id),
    getNewPeeringView(viewer, id),
  ]);
  if (peering === undefined) notFound();
  if (!peering.can.edit) redirect(`/peerings/${id}`);
  const t = getTranslator('peerings');
  const network = { asn: peering.asn, name: peering.networkName };
  return (
    <>
      <nav aria-label={t('breadcrumb')} className="pt-8 text-small text-text-2 lg:pt-10">
        <Link className="link" href={`/peerings/${id}`}>
          {t('pair', { network: network.name ?? `AS${network.asn}`, node: peering.node })}
        </Link>{' '}
        / {t('edit')}
      </nav>
      <h1 className="mt-1 mb-6 font-semibold text-h1">{t('editTitle')}</h1>
      <PeeringForm
        actor={viewer.kind === 'operator' ? 'operator' : 'visitor'}
        peering={peering}
        view={{ ...view, network }}
      />
    </>
  );
}
