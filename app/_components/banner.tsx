/** One line under the header: shape, the fact in bold, the rest. Design §4 "banner". */
import { clsx } from 'clsx';
import type { ReactNode } from 'react';
import { type ChipKind, StateShape } from './state-shape.tsx';

type Severity = 'info' | 'warn' | 'bad';
const LOOK: Record<Severity, { readonly ground: string; readonly shape: ChipKind }> = {
  info: { ground: 'border-busy bg-busy-soft', shape: 'busy' },
  warn: { ground: 'border-warn bg-warn-soft', shape: 'warn' },
  bad: { ground: 'border-bad bg-bad-soft', shape: 'down' },
};

type Props = {
  readonly severity: Severity;
  readonly fact: string;
  readonly rest?: ReactNode;
  readonly code?: string | null;
  readonly link?: ReactNode;
};

export function Banner({ severity, fact, rest, code, link }: Props) {
  const { ground, shape } = LOOK[severity];
  return (
    <div
      className={clsx(
        'flex min-h-11 flex-wrap items-center gap-x-3 gap-y-1 rounded-block border px-4 py-2.5',
        ground,
      )}
      role={severity === 'bad' ? 'alert' : undefined}
    >
      <StateShape kind={shape} />
      <p className="min-w-0 flex-1">
        <strong className="font-semibold">{fact}</strong>{' '}
        <span className="text-text-2">{rest}</span>
      </p>
      {code ? <code className="font-mono text-caption text-text-2">{code}</code> : null}
      {link}
    </div>
  );
}
