/** The links: latency there and back, what they carry, what our own node measures of them. */
import { clsx } from 'clsx';
import { latencyClassOf } from '../../../router-core/index.ts';
import { DataTable } from '../../_components/data-table.tsx';
import { type ChipKind, StatusChip } from '../../_components/status-chip.tsx';
import { isBetween, legsOf } from '../../_queries/mesh-object.ts';
import type {
  MeshDirectionObject,
  MeshLinkObject,
  MeshObject,
} from '../../_queries/view-models.ts';
import { formatBytes, formatMs } from '../../_text/format.ts';
import { getTranslator } from '../../_text/translator.ts';
import { LinkGlyph } from './link-glyph.tsx';
import { isSlower, type Names, pairsText } from './mesh-words.ts';
import { Sparkline } from './sparkline.tsx';

const SHOWN = 60;
const CHIP: Readonly<Record<MeshLinkObject['state'], ChipKind>> = {
  up: 'ok',
  loss: 'warn',
  down: 'down',
};
const WORD = { up: 'links.up', loss: 'links.lossy', down: 'links.down' } as const;

type Row = {
  readonly link: MeshLinkObject;
  /** As the chosen way goes; else from the smaller number. */
  readonly there: MeshDirectionObject;
  readonly back: MeshDirectionObject;
  readonly isOnWay: boolean;
};

type Props = {
  readonly mesh: MeshObject;
  readonly way: readonly number[];
  readonly names: Names;
};

export function LinkTable({ mesh, way, names }: Props) {
  const t = getTranslator('mesh');
  const rows = rowsOf(mesh, way).slice(0, SHOWN);
  return (
    <div>
      <div className="mb-2 flex items-baseline justify-between gap-4">
        <h2 className="font-semibold text-section">{t('links.title')}</h2>
        <span className="text-small text-text-2">
          {t('links.shown', { shown: rows.length, count: mesh.links.length })}
        </span>
      </div>
      <DataTable
        columns={[
          {
            key: 'link',
            head: t('links.link'),
            onPhone: 'lead',
            cell: (row) => (
              <span className="grid grid-cols-[minmax(72px,1fr)_56px_minmax(72px,1fr)] md:grid-cols-[minmax(96px,1fr)_56px_minmax(96px,1fr)] whitespace-normal items-center gap-3">
                <span className="wrap-break-word min-w-0">{names(row.there.from)}</span>
                <LinkGlyph isOnWay={row.isOnWay} state={row.link.state} />
                <span className="wrap-break-word min-w-0">{names(row.there.to)}</span>
              </span>
            ),
          },
          {
            key: 'state',
            head: t('links.state'),
            onPhone: 'bare',
            cell: ({ link }) => (
              <StatusChip kind={CHIP[link.state]} plain>
                {t(WORD[link.state])}
              </StatusChip>
            ),
          },
          {
            key: 'there',
            head: t('links.there'),
            align: 'right',
            cell: ({ there, back }) => <Latency ms={there.ms} other={back.ms} />,
          },
          {
            key: 'back',
            head: t('links.back'),
            align: 'right',
            cell: ({ there, back }) => <Latency ms={back.ms} other={there.ms} />,
          },
          {
            key: 'history',
            head: t(`links.${mesh.range}`),
            onPhone: 'bare',
            cell: ({ there }) => <History samples={there.samples} />,
          },
          {
            key: 'jitter',
            head: t('links.jitter'),
            align: 'right',
            cell: ({ link }) =>
              link.own === null || link.own.jitterMs === null ? null : (
                <span className="font-mono">{formatMs(link.own.jitterMs)}</span>
              ),
          },
          {
            key: 'loss',
            head: t('links.loss'),
            align: 'right',
            cell: ({ link }) =>
              link.own === null || link.own.loss === null ? null : (
                <span
                  className={clsx('font-mono', link.state === 'loss' && 'font-semibold text-warn')}
                >
                  {Math.round(link.own.loss * 1000) / 10} %
                </span>
              ),
          },
          {
            key: 'class',
            head: t('links.class'),
            cell: ({ there }) =>
              there.ms === null || there.ms < 0 ? null : (
                <span className="font-mono text-small text-text-2">
                  64511:{latencyClassOf(there.ms)}
                </span>
              ),
          },
          {
            key: 'carries',
            head: t('links.carries'),
            cell: (row) => (
              <span className="block max-w-70 whitespace-normal md:min-w-50">
                <Carries names={names} row={row} />
              </span>
            ),
          },
          {
            key: 'relayed',
            head: t('links.relayed'),
            align: 'right',
            cell: ({ link }) =>
              link.own === null || link.own.relayedFrames === 0 ? null : (
                <span className="text-text-2">
                  {t('links.frames', {
                    frames: link.own.relayedFrames,
                    octets: formatBytes(link.own.relayedBytes),
                  })}
                </span>
              ),
          },
        ]}
        dense
        empty={t('links.none')}
        label={t('links.title')}
        rowKey={({ link }) => `${link.a} ${link.b}`}
        rows={rows}
      />
    </div>
  );
}

/** The chosen way first, in its order; then what carries most; what is down comes before what is idle. */
function rowsOf({ links }: MeshObject, way: readonly number[]): Row[] {
  const legs = legsOf(way);
  const place = ({ a, b }: MeshLinkObject): number =>
    legs.findIndex(({ from, to }) => (from === a && to === b) || (from === b && to === a));
  const load = ({ state, there, back }: MeshLinkObject): number =>
    there.carries.length + back.carries.length + (state === 'up' ? 0 : 0.5);
  return links
    .map((link) => {
      const at = place(link);
      const isTurned = at >= 0 && legs[at]?.from === link.b;
      const [there, back] = isTurned ? [link.back, link.there] : [link.there, link.back];
      return { link, there, back, isOnWay: at >= 0, at: at < 0 ? legs.length : at };
    })
    .sort((x, y) => x.at - y.at || load(y.link) - load(x.link) || x.link.a - y.link.a);
}

function Latency({ ms, other }: { readonly ms: number | null; readonly other: number | null }) {
  if (ms === null) return <span className="text-text-3">–</span>;
  return (
    <span className={clsx('font-mono', isSlower(ms, other) && 'font-semibold')}>
      {formatMs(ms)}
    </span>
  );
}

function History({ samples }: { readonly samples: readonly (number | null)[] }) {
  const t = getTranslator('mesh');
  const known = samples.filter((sample) => sample !== null);
  const label =
    known.length === 0
      ? t('links.noSamples')
      : t('links.samples', {
          count: known.length,
          least: formatMs(Math.min(...known)),
          most: formatMs(Math.max(...known)),
        });
  return <Sparkline label={label} samples={samples} />;
}

function Carries({ row, names }: { readonly row: Row; readonly names: Names }) {
  const t = getTranslator('mesh');
  const { link, there, back } = row;
  if (link.problem !== null)
    return <span className="text-small text-text-2">{t(`problem.${link.problem}`)}</span>;
  const pairs = [...there.carries, ...back.carries];
  if (pairs.length === 0) return <span className="text-text-3">{t('links.nothing')}</span>;
  const others = pairs.filter((pair) => !isBetween(link, pair));
  return others.length === 0 ? (
    <span className="text-text-2">{t('links.ownEnds')}</span>
  ) : (
    t('links.others', { list: pairsText(others, names) })
  );
}
