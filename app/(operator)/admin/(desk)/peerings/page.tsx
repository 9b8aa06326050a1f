/** Every peering in one dense table; those that wait can be decided here. */
import Link from 'next/link';
import { redirect } from 'next/navigation';
import { EmptyState } from '../../../../_components/empty-state.tsx';
import { PeeringTable } from '../../../../_components/peering/peering-table.tsx';
import { presentPeering } from '../../../../_components/peering/presentation.ts';
import { getAdminPeerings } from '../../../../_queries/admin.ts';
import type { PeeringObject } from '../../../../_queries/view-models.ts';
import { getViewer } from '../../../../_queries/viewer.ts';
import { getTranslator } from '../../../../_text/translator.ts';
import { Decide } from './decide.tsx';

const FILTERS = ['all', 'waiting', 'established', 'trouble'] as const;
type Filter = (typeof FILTERS)[number];

type Props = { readonly searchParams: Promise<{ readonly show?: string | string[] }> };

export function generateMetadata() {
  return { title: getTranslator('admin')('peerings') };
}

export default async function AdminPeeringsPage({ searchParams }: Props) {
  const viewer = await getViewer();
  if (viewer.kind !== 'operator') redirect('/admin/sign-in');
  const [all, { show }] = await Promise.all([getAdminPeerings(viewer), searchParams]);
  const filter = FILTERS.find((each) => each === show) ?? 'all';
  const waiting = all.filter((peering) => matches(peering, 'waiting'));
  const t = getTranslator('admin');
  return (
    <>
      <div className="mb-5 flex flex-wrap items-center gap-x-6 gap-y-3">
        <h1 className="font-semibold text-h2">{t('peerings')}</h1>
        <nav aria-label={t('filter')} className="flex flex-wrap gap-2">
          {FILTERS.map((each) => (
            <Link
              aria-current={each === filter ? 'true' : undefined}
              className="flex min-h-8 items-center gap-2 rounded-control border border-line-2 bg-surface px-3 hover:bg-sunken aria-[current]:border-text aria-[current]:font-medium max-md:min-h-11"
              href={each === 'all' ? '/admin/peerings' : `/admin/peerings?show=${each}`}
              key={each}
            >
              {t(`show.${each}`)}
              <span className="text-text-3">
                {all.filter((peering) => matches(peering, each)).length}
              </span>
            </Link>
          ))}
        </nav>
      </div>
      {waiting.length === 0 ? null : (
        <section aria-labelledby="waiting" className="mb-8">
          <h2 className="mb-3 font-semibold text-section" id="waiting">
            {t('waitingTitle', { count: waiting.length })}
          </h2>
          <ul className="space-y-4">
            {waiting.map((peering, at) => (
              <Decide isFirst={at === 0} key={peering.id} peering={peering} />
            ))}
          </ul>
        </section>
      )}
      <PeeringTable
        empty={
          filter === 'all' ? (
            <EmptyState text={t('noPeeringsText')} title={t('noPeerings')} />
          ) : (
            <EmptyState
              action={
                <Link className="link" href="/admin/peerings">
                  {t('clearFilter')}
                </Link>
              }
              text={t('noMatchText')}
              title={t('noMatch', { count: all.length })}
            />
          )
        }
        isDesk
        label={t('peerings')}
        peerings={all.filter((peering) => matches(peering, filter))}
        showsNetwork
      />
    </>
  );
}

function matches(peering: PeeringObject, filter: Filter): boolean {
  const { word } = presentPeering(peering);
  switch (filter) {
    case 'all':
      return true;
    case 'waiting':
      return peering.can.approve;
    case 'established':
      return word === 'established' || word === 'degraded';
    case 'trouble':
      return ['stuck', 'down', 'failed', 'degraded', 'suspended'].includes(word);
  }
}
