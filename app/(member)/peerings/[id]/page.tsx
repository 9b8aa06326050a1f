/** One peering: watch it come up, know why not, copy what is needed. */
import { notFound, redirect } from 'next/navigation';
import { getPeering, getPeeringConfig } from '../../../_queries/peerings.ts';
import { getViewer } from '../../../_queries/viewer.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { ConfigTabs } from './config-tabs.tsx';
import { OurValues } from './our-values.tsx';
import { PeeringLive } from './peering-live.tsx';

type Props = { readonly params: Promise<{ readonly id: string }> };

export async function generateMetadata({ params }: Props) {
  const { id } = await params;
  const peering = await getPeering(await getViewer(), id);
  const t = getTranslator('peerings');
  return {
    title:
      peering === undefined
        ? t('title')
        : t('pair', {
            network: peering.networkName ?? `AS${peering.asn}`,
            node: peering.nodePlace ?? peering.node,
          }),
  };
}

export default async function PeeringPage({ params }: Props) {
  const { id } = await params;
  const viewer = await getViewer();
  if (viewer.kind === 'visitor') redirect('/sign-in');
  const [peering, files] = await Promise.all([
    getPeering(viewer, id),
    getPeeringConfig(viewer, id),
  ]);
  if (peering === undefined) notFound();
  return (
    <PeeringLive
      initial={peering}
      isOperator={viewer.kind === 'operator'}
      side={
        <>
          <ConfigTabs files={files} />
          <OurValues ours={peering.ours} />
        </>
      }
    />
  );
}
