/** The heat map with its title and what its colors and marks mean. Design §2.5 and §4. */
import { latencyClassOf } from '../../../router-core/index.ts';
import { Age } from '../../_components/time.tsx';
import type { MeshNodeObject, MeshObject, MeshPair } from '../../_queries/view-models.ts';
import { formatMs } from '../../_text/format.ts';
import { getTranslator } from '../../_text/translator.ts';
import { type HeatCell, HeatMap, type HeatStep } from './heat-map.tsx';
import { addressOfMesh, type MeshQuestion } from './mesh-question.ts';
import { isSlower, type Names, shortNamesOf } from './mesh-words.ts';

/** A thousand cells are what a reader can take in, and a phone can draw. */
const NODES_SHOWN = 32;
const STEP_MAX = 6;
const BOUNDS = [
  { step: 1, bound: '2.7', swatch: 'bg-heat-1' },
  { step: 2, bound: '7.3', swatch: 'bg-heat-2' },
  { step: 3, bound: '20', swatch: 'bg-heat-3' },
  { step: 4, bound: '55', swatch: 'bg-heat-4' },
  { step: 5, bound: '148', swatch: 'bg-heat-5' },
  { step: 6, bound: '403', swatch: 'bg-heat-6' },
] as const;

type Props = {
  readonly mesh: MeshObject;
  readonly question: MeshQuestion;
  readonly names: Names;
};

export function HeatMapPanel({ mesh, question, names }: Props) {
  const t = getTranslator('mesh');
  const nodes = shownNodes(mesh.nodes, question.pair);
  const latency = latencyTable(mesh);
  const cellOf = (from: MeshNodeObject, to: MeshNodeObject): HeatCell => {
    const ms = latency(from.number, to.number);
    const pair = { from: from.number, to: to.number };
    const text = ms === null ? '–' : formatMs(ms);
    const isSilent = !from.isAlive || !to.isAlive;
    return {
      key: String(to.number),
      href: from === to ? null : addressOfMesh({ ...question, pair }),
      text: isSilent && ms === null ? '' : text,
      label: t('matrix.cell', {
        from: names(from.number),
        to: names(to.number),
        ms: ms === null ? 'none' : text,
      }),
      // Below zero it is a difference of clocks, not a short way.
      step: ms === null || ms < 0 ? null : stepOf(ms),
      isSlower: isSlower(ms, latency(to.number, from.number)),
      isHatched: isSilent && ms === null,
      isChosen: question.pair?.from === from.number && question.pair.to === to.number,
    };
  };
  const latencies = mesh.links.flatMap(({ there, back }) => [there.ms, back.ms]);
  const measured = latencies.filter((ms) => ms !== null);
  const steps = new Set(measured.filter((ms) => ms >= 0).map(stepOf));
  const { shorts, areNumbers } = shortNamesOf(nodes);
  return (
    <div>
      <div className="mb-1 flex items-baseline justify-between gap-4">
        <h2 className="font-semibold text-section">{t('matrix.title')}</h2>
        <span className="text-small text-text-2">{t('matrix.note')}</span>
      </div>
      <HeatMap
        columns={nodes.map((node, i) => ({
          key: String(node.number),
          short: shorts[i] ?? String(node.number),
          name: names(node.number),
        }))}
        label={t('matrix.title')}
        rows={nodes.map((node) => ({
          key: String(node.number),
          name: names(node.number),
          number: areNumbers ? String(node.number) : null,
          note: silentNote(node),
          cells: nodes.map((to) => cellOf(node, to)),
        }))}
        swapHref={swapOf(question)}
      />
      <ul
        aria-label={t('matrix.classes')}
        className="mt-3 flex flex-wrap gap-x-4 gap-y-1 text-small text-text-2"
      >
        {BOUNDS.filter(({ step }) => steps.has(step)).map(({ bound, swatch }) => (
          <li className="flex items-center gap-1.5" key={bound}>
            <span aria-hidden="true" className={`h-2.5 w-4 rounded-chip ${swatch}`} />≤ {bound}
          </li>
        ))}
        <li className="flex items-center gap-1.5">
          <span
            aria-hidden="true"
            className="size-2 bg-text-2 [clip-path:polygon(0_0,100%_0,100%_100%)]"
          />
          {t('matrix.slower')}
        </li>
      </ul>
      {measured.some((ms) => ms < 0) ? (
        <p className="mt-2 text-small text-text-2">{t('matrix.belowZero')}</p>
      ) : null}
      {nodes.length === mesh.nodes.length ? null : (
        <p className="mt-2 text-small text-text-2">
          {t('matrix.shown', { shown: nodes.length, count: mesh.nodes.length })}
        </p>
      )}
      <p className="mt-2 text-caption text-text-3 max-md:hidden">{t('matrix.keys')}</p>
    </div>
  );
}

/** The chosen pair is always among them. */
function shownNodes(nodes: readonly MeshNodeObject[], pair: MeshPair | undefined) {
  const isChosen = ({ number }: MeshNodeObject): boolean =>
    number === pair?.from || number === pair?.to;
  const first = [...nodes.filter(isChosen), ...nodes.filter((node) => !isChosen(node))];
  const kept = new Set(first.slice(0, NODES_SHOWN));
  return nodes.filter((node) => kept.has(node));
}

function silentNote({ isAlive, heardAt }: MeshNodeObject) {
  const t = getTranslator('mesh');
  if (isAlive) return null;
  if (heardAt === null) return t('matrix.silent');
  return t.rich('matrix.silentFor', { age: () => <Age at={heardAt} /> });
}

export const swapOf = (question: MeshQuestion): string | null =>
  question.pair === undefined
    ? null
    : addressOfMesh({ ...question, pair: { from: question.pair.to, to: question.pair.from } });

function latencyTable({ links }: MeshObject): (from: number, to: number) => number | null {
  const known = new Map(
    links.flatMap(({ there, back }) =>
      [there, back].map(({ from, to, ms }) => [`${from} ${to}`, ms] as const),
    ),
  );
  return (from, to) => known.get(`${from} ${to}`) ?? null;
}

const stepOf = (ms: number): HeatStep => Math.min(STEP_MAX, latencyClassOf(ms)) as HeatStep;
