/** All peerings by state: a bar that is read without color too, and the numbers. */
import Link from 'next/link';
import { presentPeering } from '../../../_components/peering/presentation.ts';
import { StateShape } from '../../../_components/state-shape.tsx';
import type { ChipKind } from '../../../_components/status-chip.tsx';
import type { PeeringObject } from '../../../_queries/view-models.ts';
import { formatCount } from '../../../_text/format.ts';
import { getTranslator } from '../../../_text/translator.ts';

/** Shape and filling differ, not only the color. */
const GROUPS = [
  { group: 'established', chip: 'ok', fill: 'bg-ok' },
  {
    group: 'comingUp',
    chip: 'busy',
    fill: 'bg-[repeating-linear-gradient(90deg,var(--busy)_0_4px,var(--bg)_4px_7px)]',
  },
  { group: 'degraded', chip: 'warn', fill: 'bg-warn' },
  {
    group: 'quarantined',
    chip: 'held',
    fill: 'bg-[repeating-linear-gradient(135deg,var(--warn)_0_4px,var(--bg)_4px_7px)]',
  },
  { group: 'down', chip: 'down', fill: 'bg-bad' },
  { group: 'disabled', chip: 'disabled', fill: 'border border-control bg-surface' },
] as const satisfies { group: string; chip: ChipKind; fill: string }[];
type Group = (typeof GROUPS)[number]['group'];

export function PeeringStates({ peerings }: { readonly peerings: readonly PeeringObject[] }) {
  const t = getTranslator('admin');
  const counts = new Map<Group, number>();
  for (const peering of peerings) {
    const group = groupOf(presentPeering(peering).chip);
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  const present = GROUPS.filter(({ group }) => (counts.get(group) ?? 0) > 0);
  return (
    <section aria-labelledby="states" className="rounded-card border border-line bg-surface p-5">
      <div className="flex items-baseline justify-between gap-4">
        <h2 className="font-semibold text-section" id="states">
          {t('peeringCount', { count: peerings.length })}
        </h2>
        <Link className="link" href="/admin/peerings">
          {t('openTable')}
        </Link>
      </div>
      <div
        aria-hidden="true"
        className="mt-4 flex h-5 gap-0.5 overflow-hidden rounded-chip bg-sunken"
      >
        {present.map(({ group, fill }) => (
          <span
            className={`min-w-2 rounded-chip ${fill}`}
            key={group}
            style={{ flexGrow: counts.get(group) }}
          />
        ))}
      </div>
      <dl className="mt-4 grid grid-cols-3 gap-4 md:grid-cols-6">
        {GROUPS.map(({ group, chip }) => (
          <div className="flex flex-col-reverse" key={group}>
            <dt className="text-small text-text-2">{t(`group.${group}`)}</dt>
            <dd className="flex items-center gap-2 font-semibold text-section">
              <StateShape kind={chip} size={12} />
              {formatCount(counts.get(group) ?? 0)}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function groupOf(chip: ChipKind): Group {
  switch (chip) {
    case 'ok':
      return 'established';
    case 'busy':
    case 'waiting':
    case 'pending':
      return 'comingUp';
    case 'warn':
      return 'degraded';
    case 'held':
      return 'quarantined';
    case 'down':
      return 'down';
    case 'disabled':
      return 'disabled';
  }
}
