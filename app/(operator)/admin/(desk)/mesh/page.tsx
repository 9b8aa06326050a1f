/** The node's part in a mesh: what runs, as what, with whom; and the ways in and out. */
import { redirect } from 'next/navigation';
import { Banner } from '../../../../_components/banner.tsx';
import { ButtonLink } from '../../../../_components/button.tsx';
import { KeepFresh } from '../../../../_components/keep-fresh.tsx';
import { getMeshSettings } from '../../../../_queries/mesh-settings.ts';
import type { MeshSettingsObject } from '../../../../_queries/view-models.ts';
import { getViewer } from '../../../../_queries/viewer.ts';
import { getTranslator } from '../../../../_text/translator.ts';
import { EdgePart } from './edge-part.tsx';
import { SupernodePart } from './supernode-part.tsx';
import { TakePart } from './take-part.tsx';

/** Whoever has just joined waits for the first link. */
const EVERY_MS = 3_000;

export function generateMetadata() {
  return { title: getTranslator('meshDesk')('title') };
}

export default async function MeshDeskPage() {
  const viewer = await getViewer();
  if (viewer.kind !== 'operator') redirect('/admin/sign-in');
  const nodes = await getMeshSettings(viewer);
  const t = getTranslator('meshDesk');
  return (
    <>
      <div className="mb-6 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 className="font-semibold text-h2">{t('title')}</h1>
          <p className="mt-1 text-text-2">{t('lead')}</p>
        </div>
        <ButtonLink href="/mesh" size="small">
          {t('toPublic')}
        </ButtonLink>
      </div>
      {nodes.length === 0 ? <p className="text-text-2">{t('noNode')}</p> : null}
      {nodes.map((mesh) => (
        <MeshOfNode hasHead={nodes.length > 1} key={mesh.node} mesh={mesh} />
      ))}
      <KeepFresh everyMs={EVERY_MS} />
    </>
  );
}

function MeshOfNode({
  mesh,
  hasHead,
}: {
  readonly mesh: MeshSettingsObject;
  readonly hasHead: boolean;
}) {
  const t = getTranslator('meshDesk');
  const { node, place, fixedBy, endpoint, edge, supernode } = mesh;
  const isFree = fixedBy === null;
  const isIn = edge !== null || supernode !== null;
  return (
    <div className="mb-12 space-y-10">
      {hasHead ? <p className="font-semibold text-section">{place ?? node}</p> : null}
      {isFree ? null : (
        <Banner
          fact={t('fixedFact')}
          rest={
            <span className="[overflow-wrap:anywhere]">{t('fixedRest', { file: fixedBy })}</span>
          }
          severity="info"
        />
      )}
      {edge === null ? null : <EdgePart edge={edge} isFree={isFree} node={node} />}
      {supernode === null ? null : (
        <SupernodePart endpoint={endpoint} isFree={isFree} node={node} supernode={supernode} />
      )}
      {isFree && (edge === null || supernode === null) ? (
        <section aria-labelledby={`ways-${node}`}>
          <h2 className="mb-3 font-semibold text-section" id={`ways-${node}`}>
            {t(isIn ? 'waysMore' : 'ways')}
          </h2>
          <TakePart isEdge={edge !== null} isSupernode={supernode !== null} node={node} />
        </section>
      ) : null}
    </div>
  );
}
