/** All paths to a prefix: in use, known, rejected with the reason; and why the first one won. */
import Link from 'next/link';
import { AsBadge } from '../../../_components/as-badge.tsx';
import { EmptyState } from '../../../_components/empty-state.tsx';
import { Prefix } from '../../../_components/prefix.tsx';
import { StateShape } from '../../../_components/state-shape.tsx';
import { type ChipKind, StatusChip } from '../../../_components/status-chip.tsx';
import type { LookingGlassAnswer, RoaState, RoaView } from '../../../_queries/view-models.ts';
import { formatCommit } from '../../../_text/format.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { PathRow } from './path-row.tsx';
import { addressOf } from './question.ts';
import { RejectedRow } from './rejected-row.tsx';
import { keyOfPath } from './row-keys.ts';
import { WhyThisPath } from './why-this-path.tsx';

const ROA_CHIP: Record<RoaState, ChipKind> = {
  valid: 'ok',
  'invalid-origin': 'down',
  'invalid-length': 'down',
  'not-found': 'warn',
};

type Props = {
  readonly answer: Extract<LookingGlassAnswer, { query: 'route' | 'why' }>;
  readonly ourAsn: number;
  readonly vrf: string | null;
};

export function RouteAnswer({ answer, ourAsn, vrf }: Props) {
  const t = getTranslator('lookingGlass');
  const { prefix, paths, rejected, holder, roa, coveringRoas } = answer;
  if (prefix === null) {
    return (
      <EmptyState text={t('notFoundText')} title={t('notFound', { target: answer.argument })} />
    );
  }
  const [best, second] = paths;
  const together = paths.filter(({ isMultipath }) => isMultipath).length;
  return (
    <>
      <header className="mb-8 flex flex-wrap items-center gap-x-5 gap-y-2">
        <h2 className="font-medium text-h1">
          <Prefix value={prefix} />
        </h2>
        {roa === null ? null : <StatusChip kind={ROA_CHIP[roa]}>{t(`roa.${roa}`)}</StatusChip>}
        {holder === null ? null : (
          <p className="text-text-2">
            {t.rich('heldBy', {
              network: () => <AsBadge asn={holder.asn} name={holder.name} />,
            })}
            {holder.maintainer === null ? null : `, ${holder.maintainer}`}
          </p>
        )}
        {answer.query === 'why' ? null : (
          <Link
            className="link ml-auto"
            href={addressOf({ node: answer.node, query: 'why', argument: prefix, vrf })}
          >
            {t('explain')}
          </Link>
        )}
      </header>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-x-10 gap-y-10 lg:grid-cols-[minmax(0,1fr)_376px]">
        <div className="min-w-0">
          <h3 className="flex items-baseline justify-between gap-4 border-line-2 border-b pb-2 font-semibold text-section">
            {t('paths', { count: paths.length })}
            {together === 0 ? null : (
              <span className="font-normal text-small text-text-2">
                {t('together', { count: together })}
              </span>
            )}
          </h3>
          <ol>
            {paths.map((path, at) => (
              <PathRow key={keyOfPath(path)} number={at + 1} ourAsn={ourAsn} path={path} />
            ))}
          </ol>
          {rejected.length === 0 ? null : (
            <>
              <h3 className="mt-10 flex items-baseline justify-between gap-4 border-line-2 border-b pb-2 font-semibold text-section">
                {t('rejectedPaths', { count: rejected.length })}
                <span className="font-normal text-small text-text-3">{t('rejectedNote')}</span>
              </h3>
              <ol>
                {rejected.map((path) => (
                  <RejectedRow key={keyOfPath(path)} path={path} />
                ))}
              </ol>
            </>
          )}
        </div>
        <aside className="space-y-6">
          {best === undefined ? null : (
            <WhyThisPath best={best} second={second} together={together} />
          )}
          <CoveringRoas commit={answer.registryCommit} roas={coveringRoas} />
        </aside>
      </div>
    </>
  );
}

function CoveringRoas({
  roas,
  commit,
}: {
  readonly roas: readonly RoaView[];
  readonly commit: string | null;
}) {
  const t = getTranslator('lookingGlass');
  return (
    <section aria-labelledby="roas" className="rounded-card border border-line bg-surface p-5">
      <h3
        className="flex items-baseline justify-between gap-4 font-semibold text-section"
        id="roas"
      >
        {t('coveringRoas', { count: roas.length })}
        {commit === null ? null : (
          <span className="font-normal text-small text-text-3">
            {t.rich('registryCommit', {
              commit: () => <code className="font-mono">{formatCommit(commit)}</code>,
            })}
          </span>
        )}
      </h3>
      {roas.length === 0 ? <p className="mt-1 text-text-2">{t('noRoa')}</p> : null}
      <ul className="mt-2 space-y-1.5">
        {roas.map((roa) => (
          <li
            className="flex flex-wrap items-center gap-x-3"
            key={`${roa.prefix} ${roa.maxLength} ${roa.asn}`}
          >
            <StateShape kind="ok" />
            <span className="flex-1">
              <Prefix value={roa.prefix} />{' '}
              <span className="text-text-3">{t('maxLength', { length: roa.maxLength })}</span>
            </span>
            <AsBadge asn={roa.asn} />
          </li>
        ))}
      </ul>
    </section>
  );
}
