/** What waits for a person, the oldest first; the first row has the page's yellow. */
import { ButtonLink } from '../../../_components/button.tsx';
import { StateShape } from '../../../_components/state-shape.tsx';
import type { ChipKind } from '../../../_components/status-chip.tsx';
import { Age } from '../../../_components/time.tsx';
import type { NeedItem } from '../../../_queries/view-models.ts';
import { getTranslator } from '../../../_text/translator.ts';

const CHIP: Record<NeedItem['kind'], ChipKind> = {
  pending: 'pending',
  failed: 'down',
  down: 'down',
  stuck: 'warn',
  flapping: 'warn',
  quarantined: 'held',
  registry: 'warn',
  router: 'down',
  'unclaimed-key': 'waiting',
};

const INK: Partial<Record<ChipKind, string>> = {
  pending: 'text-busy',
  down: 'text-bad',
  warn: 'text-warn',
  held: 'text-warn',
};

export function NeedsList({ needs }: { readonly needs: readonly NeedItem[] }) {
  const t = getTranslator('admin');
  return (
    <section aria-labelledby="needs">
      <h2 className="mb-3 font-semibold text-section" id="needs">
        {t('needsYou')}
      </h2>
      {needs.length === 0 ? (
        <p className="flex min-h-11 items-center gap-3 rounded-card border border-line bg-surface px-5">
          <StateShape kind="ok" />
          {t('nothingNeedsYou')}
        </p>
      ) : (
        <ul className="divide-y divide-line rounded-card border border-line bg-surface">
          {needs.map((need, at) => (
            <li
              className="grid items-center gap-x-5 gap-y-1 px-5 py-2 md:min-h-11 md:grid-cols-[150px_200px_minmax(0,1fr)_56px_92px] max-md:grid-cols-[minmax(0,1fr)_auto] max-md:py-3"
              key={`${need.kind} ${need.subject} ${need.since}`}
            >
              <span className={`flex items-center gap-2.5 ${INK[CHIP[need.kind]] ?? ''}`}>
                <StateShape kind={CHIP[need.kind]} />
                {t(`need.${need.kind}`)}
              </span>
              <span className="font-medium [overflow-wrap:anywhere] max-md:order-first max-md:col-span-2">
                {need.subject}
              </span>
              <span className="text-text-2 [overflow-wrap:anywhere] max-md:col-span-2">
                {need.reason}
              </span>
              <span className="text-right text-small text-text-3">
                <Age at={need.since} />
              </span>
              <ButtonLink href={need.href} size="small" variant={at === 0 ? 'primary' : 'plain'}>
                {t(need.kind === 'pending' ? 'review' : 'look')}
                <span className="sr-only">: {need.subject}</span>
              </ButtonLink>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
