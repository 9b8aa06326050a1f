'use client';

/**
 * One-way latencies: rows are where packets come from, columns where they go. Cells are links, so it works without
 * script; with it arrow keys move, Enter chooses, and V swaps the direction.
 *
 * Standard: WAI-ARIA Authoring Practices, "Grid": one cell takes part in the order of Tab. Design §4 "heat map".
 */
import { clsx } from 'clsx';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { useIsLive } from '../../_components/use-is-live.ts';

/** One of DN42's latency classes, as far as they have colors. */
export type HeatStep = 1 | 2 | 3 | 4 | 5 | 6;
export type HeatCell = {
  readonly key: string;
  /** Null: a node and itself. */
  readonly href: string | null;
  readonly text: string;
  /** Whole sentence. */
  readonly label: string;
  /** 1 to 6; null: not measured. */
  readonly step: HeatStep | null;
  readonly isSlower: boolean;
  readonly isHatched: boolean;
  readonly isChosen: boolean;
};
export type HeatRow = {
  readonly key: string;
  readonly name: string;
  /** Where the columns are headed by numbers. */
  readonly number: string | null;
  readonly note: ReactNode;
  readonly cells: readonly HeatCell[];
};
export type HeatColumn = { readonly key: string; readonly short: string; readonly name: string };

type Props = {
  readonly label: string;
  readonly columns: readonly HeatColumn[];
  readonly rows: readonly HeatRow[];
  /** Where V leads. */
  readonly swapHref: string | null;
};

const STEP = {
  1: 'bg-heat-1 text-on-heat-1',
  2: 'bg-heat-2 text-on-heat-2',
  3: 'bg-heat-3 text-on-heat-3',
  4: 'bg-heat-4 text-on-heat-4',
  5: 'bg-heat-5 text-on-heat-5',
  6: 'bg-heat-6 text-on-heat-6',
} as const;
const MOVES: Readonly<Record<string, readonly [row: number, column: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

export function HeatMap({ label, columns, rows, swapHref }: Props) {
  const table = useRef<HTMLTableElement>(null);
  // Without script every cell is reached by Tab.
  const isLive = useIsLive();
  useSwapKey(swapHref);
  const hasChosen = rows.some(({ cells }) => cells.some(({ isChosen }) => isChosen));
  const move = (event: KeyboardEvent): void => {
    const step = MOVES[event.key];
    const cell = (event.target as Element).closest<HTMLElement>('[data-at]')?.dataset.at;
    if (step === undefined || cell === undefined) return;
    event.preventDefault();
    const [row = 0, column = 0] = cell.split(' ').map(Number);
    // The diagonal has nothing to choose: it is stepped over.
    for (let far = 1; far <= 2; far++) {
      const next = table.current?.querySelector<HTMLElement>(
        `[data-at="${row + far * step[0]} ${column + far * step[1]}"]`,
      );
      if (next == null) continue;
      next.focus();
      return;
    }
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus (WCAG 2.1.1)
    <section aria-label={label} className="relative -m-1 overflow-x-auto p-1" tabIndex={0}>
      <table className="border-separate border-spacing-0.5" onKeyDown={move} ref={table}>
        <thead>
          <tr>
            <td />
            {columns.map(({ key, short, name }) => (
              <th className="pb-2 font-normal text-caption text-text-2" key={key} scope="col">
                <span aria-hidden="true">{short}</span>
                <span className="sr-only">{name}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, y) => (
            <tr key={row.key}>
              <th
                className="sticky left-0 z-20 bg-bg pr-3 text-left font-normal leading-tight"
                scope="row"
              >
                <span className="wrap-break-word block w-max max-w-32">
                  {row.number === null ? null : (
                    <span className="font-mono text-caption text-text-3">{row.number} </span>
                  )}
                  {row.name}
                </span>
                {row.note === null ? null : (
                  <span className="block text-caption text-text-3">{row.note}</span>
                )}
              </th>
              {row.cells.map((cell, x) => (
                <td className="p-0" key={cell.key}>
                  <Cell
                    at={`${y} ${x}`}
                    cell={cell}
                    isInOrder={!isLive || cell.isChosen || (!hasChosen && y === 0 && x === 1)}
                  />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Cell({
  cell,
  at,
  isInOrder,
}: {
  readonly cell: HeatCell;
  readonly at: string;
  readonly isInOrder: boolean;
}) {
  const { href, text, label, step, isSlower, isHatched, isChosen } = cell;
  if (href === null)
    return (
      <span aria-hidden="true" className="grid h-10 min-w-11 place-items-center text-text-3">
        ·
      </span>
    );
  return (
    <Link
      aria-current={isChosen ? 'true' : undefined}
      aria-label={label}
      className={clsx(
        'relative grid h-10 min-w-11 place-items-center overflow-hidden rounded-chip px-1 font-mono text-small',
        step === null ? 'bg-sunken text-text-3' : STEP[step],
        isHatched && 'hatched',
        isChosen && 'z-10 font-semibold outline-2 outline-text outline-offset-1',
      )}
      data-at={at}
      href={href}
      prefetch={false}
      scroll={false}
      tabIndex={isInOrder ? 0 : -1}
    >
      {text}
      {isSlower ? (
        <span
          aria-hidden="true"
          className="absolute top-0.5 right-0.5 size-2 bg-current [clip-path:polygon(0_0,100%_0,100%_100%)]"
        />
      ) : null}
    </Link>
  );
}

/** V swaps the direction, unless something is being typed. */
function useSwapKey(swapHref: string | null): void {
  const router = useRouter();
  useEffect(() => {
    if (swapHref === null) return;
    const press = (event: globalThis.KeyboardEvent): void => {
      const { target, key } = event;
      const isTyping =
        target instanceof Element && target.closest('input, select, textarea') !== null;
      if (key.toLowerCase() !== 'v' || isTyping) return;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      router.push(swapHref, { scroll: false });
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, [router, swapHref]);
}
