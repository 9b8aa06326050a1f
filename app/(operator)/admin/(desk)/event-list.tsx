/** What happened, newest first. */
import Link from 'next/link';
import { StateShape } from '../../../_components/state-shape.tsx';
import type { ChipKind } from '../../../_components/status-chip.tsx';
import { Clock } from '../../../_components/time.tsx';
import type { AdminEvent } from '../../../_queries/view-models.ts';
import { getTranslator } from '../../../_text/translator.ts';

const CHIP: Record<AdminEvent['tone'], ChipKind> = {
  ok: 'ok',
  busy: 'busy',
  warn: 'warn',
  bad: 'down',
  idle: 'disabled',
};

export function EventList({ events }: { readonly events: readonly AdminEvent[] }) {
  const t = getTranslator('admin');
  return (
    <section
      aria-labelledby="events"
      className="self-start rounded-card border border-line bg-surface"
    >
      <h2 className="border-line border-b px-5 py-4 font-semibold text-section" id="events">
        {t('events')}
      </h2>
      {events.length === 0 ? <p className="px-5 py-4 text-text-2">{t('noEvents')}</p> : null}
      <ol className="divide-y divide-line">
        {events.map((event) => (
          <li
            className="grid grid-cols-[auto_auto_minmax(0,1fr)] gap-x-3 px-5 py-2.5"
            key={`${event.at} ${event.subject} ${event.text}`}
          >
            <span className="text-small text-text-2">
              <Clock at={event.at} />
            </span>
            <span className="mt-0.5">
              <StateShape kind={CHIP[event.tone]} />
            </span>
            <span className="[overflow-wrap:anywhere]">
              {event.href === null ? (
                event.subject
              ) : (
                <Link className="link" href={event.href}>
                  {event.subject}
                </Link>
              )}
              <span className="block text-small text-text-2">{event.text}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
