/** A new peering for the network that is signed in. */
import Link from 'next/link';
import { redirect } from 'next/navigation';
import { EmptyState } from '../../../_components/empty-state.tsx';
import { getNewPeeringView } from '../../../_queries/peerings.ts';
import { getViewer } from '../../../_queries/viewer.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { PeeringForm } from '../peering-form/peering-form.tsx';

export function generateMetadata() {
  return { title: getTranslator('peerings')('newTitle') };
}

export default async function NewPeeringPage() {
  const viewer = await getViewer();
  if (viewer.kind !== 'member') redirect('/sign-in');
  const view = await getNewPeeringView(viewer);
  const t = getTranslator('peerings');
  const isOpen = view.nodes.some((node) => node.isOpen);
  return (
    <>
      <nav aria-label={t('breadcrumb')} className="pt-8 text-small text-text-2 lg:pt-10">
        <Link className="link" href="/peerings">
          {t('title')}
        </Link>{' '}
        / {t('new')}
      </nav>
      <h1 className="mt-1 font-semibold text-h1">{t('newTitle')}</h1>
      <p className="mt-2 mb-6 text-lead text-text-2">{t('newLead')}</p>
      {isOpen ? (
        <PeeringForm actor="visitor" view={view} />
      ) : (
        <div className="rounded-card border border-line bg-surface p-6">
          <EmptyState
            text={view.nodes[0]?.closedReason ?? t('closedText')}
            title={t('closedTitle')}
          />
        </div>
      )}
    </>
  );
}
