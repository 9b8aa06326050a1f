/** What needs the operator, then the numbers, then the events. */
import { redirect } from 'next/navigation';
import { Fragment } from 'react';
import { getAdminOverview } from '../../../_queries/admin.ts';
import { getViewer } from '../../../_queries/viewer.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { EventList } from './event-list.tsx';
import { NeedsList } from './needs-list.tsx';
import { NodeHealth } from './node-health.tsx';
import { PacketPathCard } from './packet-path-card.tsx';
import { PeeringStates } from './peering-states.tsx';
import { VrfList } from './vrf-list.tsx';

export function generateMetadata() {
  return { title: getTranslator('admin')('overview') };
}

export default async function OverviewPage() {
  const viewer = await getViewer();
  if (viewer.kind !== 'operator') redirect('/admin/sign-in');
  const { needs, peerings, nodes, events } = await getAdminOverview(viewer);
  const t = getTranslator('admin');
  return (
    <>
      <h1 className="mb-6 font-semibold text-h2">{t('overview')}</h1>
      <NeedsList needs={needs} />
      <div className="mt-6 grid grid-cols-[minmax(0,1fr)] gap-6 lg:grid-cols-[minmax(0,1fr)_332px]">
        <div className="min-w-0 space-y-6">
          <PeeringStates peerings={peerings} />
          {nodes.map((node) => (
            <Fragment key={node.name}>
              <NodeHealth node={node} />
              {node.packetPath === null ? null : (
                <PacketPathCard name={node.name} path={node.packetPath} place={node.place} />
              )}
              {node.vrfs.length === 0 ? null : (
                <VrfList name={node.name} place={node.place} vrfs={node.vrfs} />
              )}
            </Fragment>
          ))}
        </div>
        <EventList events={events} />
      </div>
    </>
  );
}
