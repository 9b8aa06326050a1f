/** All peerings of my networks: state, cable, numbers. */
import Link from 'next/link';
import { redirect } from 'next/navigation';
import { ButtonLink } from '../../_components/button.tsx';
import { EmptyState } from '../../_components/empty-state.tsx';
import { PeeringTable } from '../../_components/peering/peering-table.tsx';
import { getMyPeerings } from '../../_queries/peerings.ts';
import { getViewer } from '../../_queries/viewer.ts';
import { getTranslator } from '../../_text/translator.ts';

type Props = { readonly searchParams: Promise<{ readonly first?: string | string[] }> };

export function generateMetadata() {
  return { title: getTranslator('peerings')('title') };
}

export default async function MyPeeringsPage({ searchParams }: Props) {
  const viewer = await getViewer();
  if (viewer.kind === 'operator') redirect('/admin/peerings');
  if (viewer.kind === 'visitor') redirect('/sign-in');
  const peerings = await getMyPeerings(viewer);
  // Straight from the sign-in: whoever has none came for one.
  if (peerings.length === 0 && (await searchParams).first !== undefined) redirect('/peerings/new');
  const t = getTranslator('peerings');
  const isAlone = viewer.networks.length < 2;
  return (
    <>
      <header className="flex flex-wrap items-end gap-x-8 gap-y-4 pt-10 pb-8 lg:pt-14">
        <div className="flex-1 max-md:basis-full">
          <h1 className="font-semibold text-h1">{t('title')}</h1>
          <p className="mt-2 text-lead text-text-2">
            {isAlone
              ? t('summary', { count: peerings.length })
              : t('summaryOf', { count: peerings.length, networks: viewer.networks.length })}
          </p>
        </div>
        {peerings.length === 0 ? null : (
          <ButtonLink href="/peerings/new" size="large" variant="primary">
            {t('newTitle')}
          </ButtonLink>
        )}
      </header>
      <PeeringTable
        empty={
          <EmptyState
            action={
              <ButtonLink href="/peerings/new" variant="primary">
                {t('newTitle')}
              </ButtonLink>
            }
            text={t('emptyText')}
            title={t('emptyTitle')}
          />
        }
        label={t('title')}
        peerings={peerings}
        showsNetwork={!isAlone}
      />
      <p className="mt-6 text-small text-text-3">
        {t.rich('nodesHint', {
          link: (words) => (
            <Link className="link" href="/nodes">
              {words}
            </Link>
          ),
        })}
      </p>
    </>
  );
}
