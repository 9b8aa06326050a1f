'use client';

/**
 * Tabs by arrow keys; under 768 px the same choice as a select.
 *
 * Standard: WAI-ARIA Authoring Practices, "Tabs with automatic activation".
 */
import { clsx } from 'clsx';
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react';
import { FIELD_CLASS } from './field.tsx';

export type Tab = { readonly id: string; readonly title: string; readonly panel: ReactNode };

type Props = { readonly label: string; readonly tabs: readonly Tab[] };

export function Tabs({ label, tabs }: Props) {
  const prefix = useId();
  const [chosen, setChosen] = useState(tabs[0]?.id ?? '');
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = tabs.findIndex(({ id }) => id === chosen);
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (next === undefined) return;
    setChosen(next.id);
    document.getElementById(`${prefix}-${next.id}`)?.focus();
  };
  return (
    <div>
      <select
        aria-label={label}
        className={clsx(FIELD_CLASS, 'mb-3 md:hidden')}
        onChange={(event) => setChosen(event.target.value)}
        value={chosen}
      >
        {tabs.map(({ id, title }) => (
          <option key={id} value={id}>
            {title}
          </option>
        ))}
      </select>
      <div
        aria-label={label}
        className="mb-3 flex gap-6 overflow-x-auto border-line-2 border-b max-md:hidden"
        onKeyDown={move}
        role="tablist"
      >
        {tabs.map(({ id, title }) => (
          <button
            aria-controls={`${prefix}-${id}-panel`}
            aria-selected={id === chosen}
            className="-mb-px whitespace-nowrap border-transparent border-b-2 py-2 text-text-2 -outline-offset-2 transition-colors duration-120 hover:text-text aria-selected:border-text aria-selected:font-medium aria-selected:text-text"
            id={`${prefix}-${id}`}
            key={id}
            onClick={() => setChosen(id)}
            role="tab"
            tabIndex={id === chosen ? 0 : -1}
            type="button"
          >
            {title}
          </button>
        ))}
      </div>
      {tabs.map(({ id, panel }) => (
        <div
          aria-labelledby={`${prefix}-${id}`}
          hidden={id !== chosen}
          id={`${prefix}-${id}-panel`}
          key={id}
          role="tabpanel"
        >
          {panel}
        </div>
      ))}
    </div>
  );
}
