/** The ladder: step by step against the second path, down to the step that decided. */
import { clsx } from 'clsx';
import type { RoutePath } from '../../../_queries/view-models.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { buildLadder } from './decision-ladder.ts';
import { pathName } from './path-name.ts';

type Props = {
  readonly best: RoutePath;
  readonly second: RoutePath | undefined;
  /** How many paths carry packets together; 0: the best one does alone. */
  readonly together: number;
};

export function WhyThisPath({ best, second, together }: Props) {
  const t = getTranslator('lookingGlass');
  const rungs = second === undefined ? [] : buildLadder(best, second);
  return (
    <section aria-labelledby="why" className="rounded-card border border-line bg-surface p-5">
      <h3 className="flex items-baseline justify-between gap-4 font-semibold text-section" id="why">
        {t('why')}
        {second?.neighbor == null ? null : (
          <span className="font-normal text-small text-text-2">
            {t('against', { neighbor: pathName(second.neighbor, second.pathId) })}
          </span>
        )}
      </h3>
      <p className="mt-1 text-text-2">
        {second === undefined
          ? t('onlyPath')
          : best.decidedBy === null
            ? t('undecided')
            : t(`decided.${best.decidedBy}`)}
      </p>
      {together === 0 ? null : (
        <p className="mt-2 text-text-2">{t('sharesPackets', { count: together - 1 })}</p>
      )}
      {rungs.length === 0 ? null : (
        <table className="mt-3 w-full">
          <thead className="sr-only">
            <tr>
              <th scope="col">{t('step')}</th>
              <th scope="col">{t('bestPath')}</th>
              <th scope="col">{t('secondPath')}</th>
            </tr>
          </thead>
          <tbody>
            {rungs.map(({ step, outcome, best: ours, other }, at) => (
              <tr className={clsx('h-9', outcome === 'decided' && 'font-semibold')} key={step}>
                <th
                  className={clsx(
                    'relative pl-9 text-left',
                    outcome === 'decided' ? 'font-semibold' : 'font-normal',
                  )}
                  scope="row"
                >
                  <span
                    aria-hidden="true"
                    className={clsx(
                      'absolute top-0 left-[5.5px] w-[5px] border-accent-edge border-x bg-accent',
                      at === rungs.length - 1 ? '-bottom-3' : 'bottom-0',
                    )}
                  />
                  <span
                    aria-hidden="true"
                    className="absolute top-1/2 left-0 size-4 -translate-y-1/2 rounded-full border-2 border-text bg-bg"
                  />
                  <span
                    aria-hidden="true"
                    className={clsx(
                      'absolute top-0 left-6 w-0.5 bg-control',
                      outcome === 'decided' ? 'h-1/2' : 'h-full',
                    )}
                  />
                  {outcome === 'decided' ? (
                    <span
                      aria-hidden="true"
                      className="absolute top-1/2 left-5 h-0.5 w-2.5 bg-control"
                    />
                  ) : null}
                  {t(`decision.${step}`)}
                </th>
                <td className="px-2 text-right font-mono text-small">
                  {outcome === 'not-compared' ? (
                    <span className="font-sans text-text-3">{t('notCompared')}</span>
                  ) : (
                    ours
                  )}
                </td>
                <td className="text-right font-mono font-normal text-small text-text-3">
                  {outcome === 'not-compared' ? (
                    <span className="font-sans">{t('otherAs')}</span>
                  ) : (
                    other
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
