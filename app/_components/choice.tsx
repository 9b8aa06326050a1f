'use client';

/** One of few, each with a sentence: native radio buttons in a list or as cards. */
import { clsx } from 'clsx';
import type { ReactNode } from 'react';

export type Choice = {
  readonly value: string;
  readonly title: ReactNode;
  readonly text?: ReactNode;
  /** At the right, e.g. a chip. */
  readonly aside?: ReactNode;
  readonly isOff?: boolean;
};

type Props = {
  readonly legend: string;
  readonly isLegendHidden?: boolean;
  readonly name: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChange: (value: string) => void;
  /** Side by side on wide screens. */
  readonly asCards?: boolean;
};

export function ChoiceList({
  legend,
  isLegendHidden = false,
  name,
  value,
  choices,
  onChange,
  asCards = false,
}: Props) {
  return (
    <fieldset className="min-w-0">
      <legend className={isLegendHidden ? 'sr-only' : 'mb-1.5 font-medium text-small'}>
        {legend}
      </legend>
      <div
        className={
          asCards
            ? 'grid gap-2 md:grid-cols-2'
            : 'divide-y divide-line overflow-hidden rounded-card border border-line bg-surface'
        }
      >
        {choices.map((choice) => (
          <label
            className={clsx(
              'flex min-h-11 cursor-pointer gap-3 px-3.5 py-3 transition-colors duration-120',
              asCards ? 'items-start' : 'items-center',
              'has-focus-visible:outline-2 has-focus-visible:outline-text has-focus-visible:-outline-offset-2',
              'has-disabled:cursor-not-allowed has-disabled:text-text-3',
              asCards
                ? 'rounded-block border border-control bg-surface hover:border-text-2 has-checked:border-text has-checked:ring-1 has-checked:ring-text has-checked:ring-inset'
                : 'hover:bg-sunken has-checked:bg-accent-soft',
            )}
            key={choice.value}
          >
            <input
              checked={choice.value === value}
              className="grid size-4 shrink-0 cursor-[inherit] appearance-none place-items-center rounded-full border-2 border-control outline-none checked:border-[5px] checked:border-text disabled:border-dashed"
              disabled={choice.isOff === true}
              name={name}
              onChange={() => onChange(choice.value)}
              type="radio"
              value={choice.value}
            />
            <span className="min-w-0 flex-1">
              <span className="block font-medium">{choice.title}</span>
              {choice.text === undefined ? null : (
                <span className="block text-small text-text-2 [overflow-wrap:anywhere]">
                  {choice.text}
                </span>
              )}
            </span>
            {choice.aside}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

export function CheckBox({
  label,
  name,
  isChecked,
  onChange,
}: {
  readonly label: ReactNode;
  readonly name: string;
  readonly isChecked: boolean;
  readonly onChange: (isChecked: boolean) => void;
}) {
  return (
    <label className="flex cursor-pointer items-center gap-2 text-small text-text-2 max-md:min-h-11">
      <input
        checked={isChecked}
        className="size-4 shrink-0 accent-text"
        name={name}
        onChange={(event) => onChange(event.target.checked)}
        type="checkbox"
      />
      {label}
    </label>
  );
}
