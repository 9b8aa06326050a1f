/** A state as shape and word, on its soft ground; in tables without ground. Design §4. */
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { type ChipKind, StateShape } from './state-shape.tsx';

export type { ChipKind };

const CHIP: Record<ChipKind, string> = {
  ok: 'bg-ok-soft text-ok',
  busy: 'bg-busy-soft text-busy',
  waiting: 'bg-idle-soft text-idle',
  pending: 'bg-busy-soft text-busy',
  warn: 'bg-warn-soft text-warn',
  held: 'bg-warn-soft text-warn',
  down: 'bg-bad-soft text-bad',
  disabled: 'bg-idle-soft text-idle',
};

type Props = {
  readonly kind: ChipKind;
  /** Without ground, for rows of a table. */
  readonly plain?: boolean;
  readonly children: ReactNode;
};

export function StatusChip({ kind, plain = false, children }: Props) {
  return (
    <span
      className={clsx(
        'inline-flex items-center gap-1.5 whitespace-nowrap align-middle',
        plain ? 'min-h-5' : `min-h-6 rounded-chip px-2 text-small font-medium ${CHIP[kind]}`,
      )}
    >
      <StateShape kind={kind} size={plain ? 14 : 12} />
      {children}
    </span>
  );
}
