/** The mesh: which way packets go in each direction, who relays them, and how that was in the last hour or day. */
import { clsx } from 'clsx';
import { MESH_RANGES } from '../../../router-core/index.ts';
import { Banner } from '../../_components/banner.tsx';
import { ButtonLink } from '../../_components/button.tsx';
import { EmptyState } from '../../_components/empty-state.tsx';
import { KeepFresh } from '../../_components/keep-fresh.tsx';
import { StatusChip } from '../../_components/status-chip.tsx';
import { withCode } from '../../_components/with-code.tsx';
import { getMesh } from '../../_queries/mesh.ts';
import type { MeshObject } from '../../_queries/view-models.ts';
import { getViewer } from '../../_queries/viewer.ts';
import { getTranslator } from '../../_text/translator.ts';
import { ChangeList } from './change-list.tsx';
import { HeatMapPanel, swapOf } from './heat-map-panel.tsx';
import { LinkTable } from './link-table.tsx';
import { MeshGraph } from './mesh-graph.tsx';
import { MeshMap, placedNodes } from './mesh-map.tsx';
import {
  addressOfMesh,
  chosenPair,
  type MeshQuestion,
  readMeshQuestion,
  VIEWS,
} from './mesh-question.ts';
import { namesOf } from './mesh-words.ts';
import { OperatorPanel } from './operator-panel.tsx';
import { PathCard, wayOf } from './path-card.tsx';
import { RelayList } from './relay-list.tsx';
import { Segments } from './segments.tsx';
import { WaysTable } from './ways-table.tsx';

/** Latencies move slowly; a way that changes is seen soon. */
const FRESH_MS = 5_000;
/** The heat map of more nodes is wider than what is beside a drawing, and goes below it. */
const BESIDE_MAX = 8;

type Props = {
  readonly searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export function generateMetadata() {
  return { title: getTranslator('mesh')('title') };
}

export default async function MeshPage({ searchParams }: Props) {
  const asked = readMeshQuestion(await searchParams);
  const viewer = await getViewer();
  const mesh = await getMesh(viewer, asked.range);
  const t = getTranslator('mesh');
  if (mesh === null)
    return (
      <>
        <h1 className="pt-10 pb-8 font-semibold text-h1 lg:pt-14">{t('title')}</h1>
        <div className="rounded-card border border-line bg-surface p-6">
          <EmptyState
            action={
              viewer.kind === 'operator' ? (
                <ButtonLink href="/admin/mesh" variant="primary">
                  {t('empty.settings')}
                </ButtonLink>
              ) : null
            }
            text={t('empty.text')}
            title={t('empty.title')}
          />
        </div>
        <KeepFresh everyMs={FRESH_MS} />
      </>
    );
  return <Mesh asked={asked} mesh={mesh} />;
}

function Mesh({ mesh, asked }: { readonly mesh: MeshObject; readonly asked: MeshQuestion }) {
  const t = getTranslator('mesh');
  const names = namesOf(mesh.nodes);
  const pair = chosenPair(mesh, asked.pair);
  const question: MeshQuestion = { ...asked, ...(pair === undefined ? {} : { pair }) };
  const way = (pair === undefined ? undefined : wayOf(mesh, pair)?.nodes) ?? [];
  // A map of one city says nothing.
  const view = asked.view ?? (placedNodes(mesh.nodes).length > 1 ? 'map' : 'graph');
  const swapHref = swapOf(question);
  const isBeside = mesh.nodes.length <= BESIDE_MAX;
  return (
    <>
      <header className="flex flex-wrap items-center gap-x-5 gap-y-3 pt-8 pb-6 lg:pt-10">
        <h1 className="font-semibold text-h1">{t('title')}</h1>
        <Health mesh={mesh} />
        <p className="flex-1 text-text-2 max-lg:order-last max-lg:basis-full max-md:order-none">
          {t('summary', {
            nodes: mesh.nodes.length,
            links: mesh.links.length,
            node: mesh.node,
          })}
        </p>
        <div className="flex flex-wrap gap-3 md:max-lg:ml-auto">
          <div className="max-md:hidden">
            <Segments
              choices={VIEWS.map((each) => ({
                href: addressOfMesh({ ...question, view: each }),
                word: t(`view.${each}`),
                isChosen: each === view,
              }))}
              label={t('view.label')}
            />
          </div>
          <Segments
            choices={MESH_RANGES.map((range) => ({
              href: addressOfMesh({ ...question, range }),
              word: t(`range.${range}`),
              isChosen: range === question.range,
            }))}
            label={t('range.label')}
          />
        </div>
      </header>
      {mesh.problems.map(({ instance, code, message }) => (
        <div className="mb-6" key={instance}>
          <Banner code={code} fact={t('notRunning', { instance })} rest={message} severity="warn" />
        </div>
      ))}
      {mesh.nodes.length < 2 ? (
        <div className="rounded-card border border-line bg-surface p-6">
          <EmptyState text={withCode(t('alone.text'))} title={t('alone.title')} />
        </div>
      ) : (
        <>
          <div className="flex flex-col gap-8">
            <div
              className={clsx(
                'grid grid-cols-[minmax(0,1fr)] gap-x-10 gap-y-8',
                isBeside && 'lg:grid-cols-[minmax(0,1fr)_auto]',
              )}
            >
              <div className={clsx('max-md:hidden', !isBeside && view !== 'table' && 'max-w-220')}>
                {view === 'map' ? <MeshMap mesh={mesh} names={names} way={way} /> : null}
                {view === 'graph' ? <MeshGraph mesh={mesh} names={names} way={way} /> : null}
                {view === 'table' ? (
                  <WaysTable mesh={mesh} names={names} question={question} />
                ) : null}
              </div>
              <div className={clsx('min-w-0', isBeside && 'lg:max-w-120')}>
                <HeatMapPanel mesh={mesh} names={names} question={question} />
              </div>
            </div>
            {pair === undefined || swapHref === null ? null : (
              <div className="max-md:order-first">
                <PathCard mesh={mesh} names={names} pair={pair} swapHref={swapHref} />
              </div>
            )}
          </div>
          <div className="mt-10">
            <LinkTable mesh={mesh} names={names} way={way} />
          </div>
          <div className="mt-10 grid gap-x-14 gap-y-10 lg:grid-cols-2">
            <RelayList mesh={mesh} names={names} />
            <ChangeList mesh={mesh} names={names} />
          </div>
        </>
      )}
      {mesh.details === null ? null : <OperatorPanel details={mesh.details} names={names} />}
      <KeepFresh everyMs={FRESH_MS} />
    </>
  );
}

function Health({ mesh }: { readonly mesh: MeshObject }) {
  const t = getTranslator('mesh');
  const degraded = mesh.links.filter(({ state }) => state !== 'up').length;
  const silent = mesh.nodes.filter(({ isAlive }) => !isAlive).length;
  if (silent + degraded === 0)
    return mesh.links.length === 0 ? null : <StatusChip kind="ok">{t('allUp')}</StatusChip>;
  return (
    <span className="flex flex-wrap gap-2">
      {silent === 0 ? null : (
        <StatusChip kind="warn">{t('silentNodes', { count: silent })}</StatusChip>
      )}
      {degraded === 0 ? null : (
        <StatusChip kind="warn">{t('degraded', { count: degraded })}</StatusChip>
      )}
    </span>
  );
}
