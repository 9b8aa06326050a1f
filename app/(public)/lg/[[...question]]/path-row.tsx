/** One path: networks, where from, attributes, communities in words. */
import { clsx } from 'clsx';
import { Community } from '../../../_components/community.tsx';
import { Age } from '../../../_components/time.tsx';
import type { RoutePath } from '../../../_queries/view-models.ts';
import { sortCommunities } from '../../../_text/communities.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { AsPath } from './as-path.tsx';
import { pathName } from './path-name.ts';

type Props = { readonly number: number; readonly path: RoutePath; readonly ourAsn: number };

const LEARNT = { own: 'own', ebgp: 'eBGP', ibgp: 'iBGP' } as const;

export function PathRow({ number, path, ourAsn }: Props) {
  const t = getTranslator('lookingGlass');
  // It carries packets, though another one is the best and is what neighbors are told.
  const isBeside = path.isMultipath && !path.isBest;
  const facts = [
    ...(path.neighbor === null
      ? []
      : [
          t('via', {
            neighbor: pathName(path.neighbor, path.pathId),
            learnt: LEARNT[path.learntBy],
          }),
        ]),
    ...(path.nextHop === '' ? [] : [t('nextHop', { address: path.nextHop })]),
    t('localPref', { value: path.localPref }),
    t('med', { value: path.med ?? 0 }),
    ...(path.isBlackhole ? [t('discarded')] : []),
    ...(isBeside && path.decidedBy !== null ? [t('besideBest', { words: loss(path) })] : []),
  ];
  return (
    <li className="flex gap-5 border-line border-b py-4">
      <span className={path.isBest ? 'w-4 font-semibold' : 'w-4 text-text-3'}>{number}</span>
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
          {path.asPath.length === 0 ? (
            <span>{t('ownRoute')}</span>
          ) : (
            <AsPath kind={path.isBest || isBeside ? 'used' : 'known'} path={path.asPath} />
          )}
          {path.isBest || isBeside ? (
            <span className={clsx('flex items-center gap-2.5', path.isBest && 'font-semibold')}>
              <span
                aria-hidden="true"
                className="h-[5px] w-6 border-accent-edge border-y bg-accent"
              />
              {t(path.isBest ? 'inUse' : 'inUseToo')}
            </span>
          ) : path.decidedBy === null ? null : (
            <span className="text-small text-text-2">{loss(path)}</span>
          )}
        </div>
        <p className="mt-1 text-small text-text-2 [overflow-wrap:anywhere]">
          {facts.join(' · ')} · {t.rich('sinceAge', { age: () => <Age at={path.since} long /> })}
        </p>
        {path.communities.length === 0 ? null : (
          <p className="mt-2.5 flex flex-wrap gap-1.5">
            {sortCommunities(path.communities).map((community) => (
              <Community key={community} ourAsn={ourAsn} value={community} />
            ))}
          </p>
        )}
      </div>
    </li>
  );
}

/** Steps whose values say more than the words; ages and addresses stand in the path already. */
const NUMBERS: ReadonlySet<string | null> = new Set(['local-pref', 'as-path-length', 'med']);

function loss({ decidedBy, compared }: RoutePath): string {
  const t = getTranslator('lookingGlass');
  if (decidedBy === null) return '';
  const words = t(`lostAt.${decidedBy}`);
  if (compared === null || !NUMBERS.has(decidedBy)) return words;
  const { value, otherValue, against, againstPathId } = compared;
  return t('comparedWith', {
    words,
    value,
    otherValue,
    neighbor: pathName(against, againstPathId),
  });
}
