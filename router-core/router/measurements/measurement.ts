/**
 * What a measurement is to its reader: rows one after the other, and an end.
 *
 * Not standardized. Every kind (ping.ts, traceroute.ts, mtr.ts, path-mtu.ts) fills one of these.
 *
 * Invariant: after `end` or `stop` there are no further rows.
 *
 * @module
 */
export interface Measurement<Row> {
  /** The next row not yet taken, if there is one now. */
  take(): Row | undefined;
  /** Nothing will come that was not taken. */
  readonly isDone: boolean;
  /** Nobody reads it any more: no further probe leaves. */
  stop(): void;
}

/** The side that measures. */
export interface RowSink<Row> {
  push(row: Row): void;
  /** The last row was pushed. */
  end(): void;
  /** Whether more is wanted. */
  readonly isOpen: boolean;
}

/** Makes both sides; `ended` is called once, when it is over for whatever reason. */
export function createMeasurement<Row>(ended: () => void): {
  measurement: Measurement<Row>;
  sink: RowSink<Row>;
} {
  const rows: Row[] = [];
  let isOpen = true;
  const end = (): void => {
    if (!isOpen) return;
    isOpen = false;
    ended();
  };
  return {
    measurement: {
      take: () => rows.shift(),
      get isDone() {
        return !isOpen && rows.length === 0;
      },
      stop: end,
    },
    sink: {
      push(row) {
        if (isOpen) rows.push(row);
      },
      end,
      get isOpen() {
        return isOpen;
      },
    },
  };
}
