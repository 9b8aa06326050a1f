/** Labels and values between hairlines; technical values can be copied. Design §4. */
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';

export type KeyValue = {
  readonly label: string;
  readonly value: ReactNode;
  /** The whole value for the clipboard; absent: no button. */
  readonly copy?: string;
};

type Props = {
  readonly rows: readonly KeyValue[];
  readonly align?: 'left' | 'right';
  /** On a phone the value stands under its label: for values that are sentences. */
  readonly isStacked?: boolean;
};

export function KeyValueList({ rows, align = 'left', isStacked = false }: Props) {
  return (
    <dl className="self-start divide-y divide-line border-line border-b">
      {rows.map(({ label, value, copy }) => (
        <div
          className={clsx(
            'flex min-h-9 items-center gap-4 py-1 max-md:min-h-11',
            isStacked && 'max-md:block max-md:py-2',
          )}
          key={label}
        >
          <dt className="w-28 shrink-0 text-text-2">{label}</dt>
          <dd className="flex min-w-0 flex-1 items-center gap-4">
            <span
              className={
                align === 'right'
                  ? 'min-w-0 flex-1 text-right [overflow-wrap:anywhere]'
                  : 'min-w-0 flex-1 [overflow-wrap:anywhere]'
              }
            >
              {value}
            </span>
            {copy === undefined ? null : <CopyButton value={copy} what={label} />}
          </dd>
        </div>
      ))}
    </dl>
  );
}
