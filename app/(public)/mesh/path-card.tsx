/**
 * The chosen pair: which way its packets go, and which way they come back.
 *
 * Not standardized; design §4 "cable" and "station": yellow is the way there, ink the way back, dots the direct link.
 */
import { clsx } from 'clsx';
import Link from 'next/link';
import { buttonClass } from '../../_components/button.tsx';
import { StateShape } from '../../_components/state-shape.tsx';
import { Age, Clock } from '../../_components/time.tsx';
import { isBetween, legsOf } from '../../_queries/mesh-object.ts';
import type { MeshObject, MeshPair, MeshWayObject } from '../../_queries/view-models.ts';
import { formatMilliseconds, formatMs } from '../../_text/format.ts';
import { getTranslator } from '../../_text/translator.ts';
import type { Names } from './mesh-words.ts';

type Props = {
  readonly mesh: MeshObject;
  readonly pair: MeshPair;
  readonly names: Names;
  readonly swapHref: string;
};

export function PathCard({ mesh, pair, names, swapHref }: Props) {
  const t = getTranslator('mesh');
  const back = { from: pair.to, to: pair.from };
  return (
    <section
      aria-label={t('pair', { from: names(pair.from), to: names(pair.to) })}
      className="rounded-card border border-line bg-surface"
    >
      <Way isLit mesh={mesh} names={names} pair={pair}>
        <Link
          aria-label={t('path.swapLabel')}
          className={buttonClass('plain', 'small')}
          href={swapHref}
          prefetch={false}
          scroll={false}
        >
          {t('path.swap')}
          <kbd className="rounded-chip border border-line-2 px-1 font-mono text-caption text-text-3 max-md:hidden">
            V
          </kbd>
        </Link>
      </Way>
      <div className="mx-5 border-line border-t md:mx-7" />
      <Way isLit={false} mesh={mesh} names={names} pair={back} />
    </section>
  );
}

export const wayOf = (mesh: MeshObject, { from, to }: MeshPair): MeshWayObject | undefined =>
  mesh.ways.find((way) => way.from === from && way.to === to);

export function latencyOf(mesh: MeshObject, from: number, to: number): number | null {
  for (const { there, back } of mesh.links)
    for (const direction of [there, back])
      if (direction.from === from && direction.to === to) return direction.ms;
  return null;
}

/** Whether nothing comes over the link between two nodes, whatever a table says. */
const isDown = (mesh: MeshObject, from: number, to: number): boolean =>
  mesh.links.some((link) => link.state === 'down' && isBetween(link, { from, to }));

function Way({
  mesh,
  pair,
  names,
  isLit,
  children = null,
}: {
  readonly mesh: MeshObject;
  readonly pair: MeshPair;
  readonly names: Names;
  readonly isLit: boolean;
  readonly children?: React.ReactNode;
}) {
  const t = getTranslator('mesh');
  const way = wayOf(mesh, pair);
  const title = t('pair', { from: names(pair.from), to: names(pair.to) });
  return (
    <div className="grid items-center gap-x-10 gap-y-4 px-5 py-4 md:grid-cols-[minmax(0,1fr)_auto] md:px-7 md:py-5 lg:grid-cols-[230px_minmax(0,1fr)_128px]">
      <div className={clsx(way === undefined && 'lg:col-span-2')}>
        <p className="text-small text-text-2">{t(isLit ? 'path.there' : 'path.back')}</p>
        {isLit ? (
          <h2 className="font-semibold text-h2">{title}</h2>
        ) : (
          <h3 className="font-medium text-section">{title}</h3>
        )}
        <p className="text-small text-text-2">
          <Why mesh={mesh} names={names} pair={pair} way={way} />
        </p>
      </div>
      {way === undefined ? null : (
        <div className="md:max-lg:order-last md:max-lg:col-span-2">
          <Stations isLit={isLit} mesh={mesh} names={names} pair={pair} way={way} />
        </div>
      )}
      <div className="flex items-center justify-between gap-3 lg:flex-col lg:items-end">
        {way === undefined || way.ms === null ? (
          <span className="font-mono text-section text-text-3">–</span>
        ) : (
          <span
            className={clsx(
              'whitespace-nowrap font-mono',
              isLit ? 'font-semibold text-h2' : 'text-section',
            )}
          >
            {formatMilliseconds(way.ms)}
          </span>
        )}
        {children}
      </div>
    </div>
  );
}

/** Why this way, and since when. */
function Why({
  mesh,
  pair,
  way,
  names,
}: {
  readonly mesh: MeshObject;
  readonly pair: MeshPair;
  readonly way: MeshWayObject | undefined;
  readonly names: Names;
}) {
  const t = getTranslator('mesh');
  if (way === undefined) {
    const isTold = mesh.isSupernode || mesh.nodes.some((n) => n.isOurs && n.number === pair.from);
    return isTold ? (
      <span className="flex items-baseline gap-1.5">
        <span className="translate-y-0.5">
          <StateShape kind="down" />
        </span>
        <span>
          {t('path.none', { to: names(pair.to) })} <Silence mesh={mesh} names={names} pair={pair} />
        </span>
      </span>
    ) : (
      <>
        {t('path.unknown')} <Silence mesh={mesh} names={names} pair={pair} />
      </>
    );
  }
  const last = way.nodes.at(-1) ?? pair.from;
  if (last !== pair.to) return t('path.ends', { node: names(last) });
  const broken = legsOf(way.nodes).find((leg) => isDown(mesh, leg.from, leg.to));
  if (broken !== undefined)
    return (
      <span className="flex items-baseline gap-1.5">
        <span className="translate-y-0.5">
          <StateShape kind="down" />
        </span>
        {t('path.broken', { from: names(broken.from), to: names(broken.to) })}
      </span>
    );
  const direct = latencyOf(mesh, pair.from, pair.to);
  const change = mesh.changes.find(({ from, to }) => from === pair.from && to === pair.to);
  const reason =
    way.nodes.length === 2
      ? t('path.direct')
      : direct === null
        ? t('path.noDirect')
        : way.ms !== null && direct > way.ms
          ? t('path.faster', { by: formatMilliseconds(direct - way.ms) })
          : t('path.relays', { count: way.nodes.length - 2 });
  return (
    <>
      {reason}
      {change === undefined ? null : (
        <>, {t.rich('path.since', { clock: () => <Clock at={change.at} /> })}</>
      )}
    </>
  );
}

/** What is known of why a pair has no way: a node that is silent, a link of ours that is down. */
function Silence({ mesh, pair, names }: Omit<Props, 'swapHref'>) {
  const t = getTranslator('mesh');
  const silent = mesh.nodes.filter(
    ({ number, isAlive }) => !isAlive && (number === pair.from || number === pair.to),
  );
  const problem = mesh.links.find((link) => isBetween(link, pair))?.problem;
  return (
    <>
      {silent.map(({ number, heardAt }) => (
        <span key={number}>
          {heardAt === null
            ? t('path.silent', { node: names(number) })
            : t.rich('path.silentFor', {
                node: names(number),
                age: () => <Age at={heardAt} />,
              })}{' '}
        </span>
      ))}
      {problem == null ? null : t('path.linkProblem', { why: t(`problem.${problem}`) })}
    </>
  );
}

/** Lying from 768 px on if all names fit in a line; upright below. */
function Stations({
  mesh,
  pair,
  way,
  names,
  isLit,
}: {
  readonly mesh: MeshObject;
  readonly pair: MeshPair;
  readonly way: MeshWayObject;
  readonly names: Names;
  readonly isLit: boolean;
}) {
  const t = getTranslator('mesh');
  const direct = latencyOf(mesh, pair.from, pair.to);
  const hasDetour = way.nodes.length > 2 && direct !== null;
  return (
    <div
      className={clsx('relative', hasDetour && isLit && '[&:not([data-upright])]:md:pt-7')}
      data-upright={isTooLong(way.nodes.map(names)) ? true : undefined}
    >
      {hasDetour && isLit ? (
        <>
          <svg
            aria-hidden="true"
            className="absolute inset-x-2 top-2 h-6 w-[calc(100%-16px)] overflow-visible upright:hidden"
            fill="none"
            preserveAspectRatio="none"
            viewBox="0 0 100 24"
          >
            <path
              className="stroke-control"
              d="M0 24Q50 -18 100 24"
              strokeDasharray="0 5"
              strokeLinecap="round"
              strokeWidth={2}
              vectorEffect="non-scaling-stroke"
            />
          </svg>
          <span className="absolute top-[-8px] left-1/2 -translate-x-1/2 bg-surface px-2 font-mono text-caption text-text-3 upright:hidden">
            {formatMs(direct)}
            <span className="sr-only"> {t('path.dottedDirect')}</span>
          </span>
        </>
      ) : null}
      <ol className="lying:flex lying:pr-4">
        {way.nodes.map((node, i) => {
          const next = way.nodes[i + 1];
          const leg = next === undefined ? null : latencyOf(mesh, node, next);
          const isBroken = next !== undefined && isDown(mesh, node, next);
          return (
            <li
              className={clsx(
                'relative lying:pt-6',
                next !== undefined && 'upright:pb-4 lying:flex-1',
              )}
              // biome-ignore lint/suspicious/noArrayIndexKey: a loop has a node twice, and a station never moves
              key={i}
            >
              {next === undefined ? null : (
                <span
                  aria-hidden="true"
                  className={clsx(
                    'absolute upright:top-3 upright:bottom-[-12px] lying:right-[-8px] lying:left-2',
                    isBroken &&
                      'border-bad border-dashed upright:left-[7px] upright:border-l-2 lying:top-[7px] lying:border-t-2',
                    !isBroken &&
                      isLit &&
                      'border-accent-edge bg-accent upright:left-[5.500px] upright:w-[5px] upright:border-x lying:top-[5.500px] lying:h-[5px] lying:border-y',
                    !isBroken &&
                      !isLit &&
                      'bg-text-2 upright:left-[7px] upright:w-[2px] lying:top-[7px] lying:h-[2px]',
                  )}
                />
              )}
              <span
                aria-hidden="true"
                className={clsx(
                  'absolute top-0 left-0 grid size-4 place-items-center rounded-full bg-surface upright:top-1',
                  isLit ? 'border-[2.5px] border-text' : 'border-2 border-text-2',
                )}
              >
                <span className={clsx('size-1.5 rounded-full', isLit ? 'bg-text' : 'bg-text-2')} />
              </span>
              <span className="flex items-baseline gap-x-3 upright:flex-col upright:pl-7">
                <span
                  className={clsx(
                    'lying:whitespace-nowrap',
                    isLit && 'font-medium',
                    // The last name ends where its station does.
                    next === undefined && i > 0 && 'lying:absolute lying:top-6 lying:right-[-16px]',
                  )}
                >
                  {names(node)}
                </span>
                {next === undefined ? null : (
                  <span className="flex-1 whitespace-nowrap text-center font-mono text-small text-text-2 upright:text-left">
                    {isBroken
                      ? t('links.down')
                      : leg === null
                        ? t('path.legUnknown')
                        : formatMilliseconds(leg)}
                  </span>
                )}
              </span>
            </li>
          );
        })}
      </ol>
    </div>
  );
}

/** Pixels between the first station and the last, from 768 px on; of a letter; of a latency and the air about it. */
const LINE = 600;
const LETTER = 8;
const LATENCY = 90;

/** Whether names of stations would touch: each begins at its station, the last one ends there. */
function isTooLong(stations: readonly string[]): boolean {
  const legs = stations.length - 1;
  const last = (stations.at(-1)?.length ?? 0) * LETTER;
  return stations
    .slice(0, -1)
    .some((name, i) => name.length * LETTER + LATENCY + (i === legs - 1 ? last : 0) > LINE / legs);
}
