/**
 * The cable: a peering as one line. Its form tells the state; the word stands beside it.
 *
 * Not standardized; design §4 "cable". Always hidden from assistive technology.
 */
export type CableState =
  | 'in-use'
  | 'coming-up'
  | 'waiting'
  | 'stuck'
  | 'degraded'
  | 'quarantined'
  | 'down'
  | 'disabled';

type Props = {
  readonly state: CableState;
  /** How much of it is there, 0 to 1; for `coming-up` and `stuck`. */
  readonly progress?: number;
  /** Pixels; the drawing has this width in every state. */
  readonly width?: number;
};

const Y = 8;
const FIRST = 5;

export function Cable({ state, progress = 0.5, width = 72 }: Props) {
  const last = width - FIRST;
  const middle = width / 2;
  const reached = FIRST + 6 + (last - FIRST - 12) * Math.min(1, Math.max(0, progress));
  return (
    <svg
      aria-hidden="true"
      className="block shrink-0"
      fill="none"
      height={16}
      viewBox={`0 0 ${width} 16`}
      width={width}
    >
      {lines(state, { last, middle, reached })}
      <End x={FIRST} kind={leftEnd(state)} />
      <End x={last} kind={state === 'in-use' || state === 'degraded' ? 'lit' : 'dark'} />
      {mark(state, { middle, reached })}
    </svg>
  );
}

type Geometry = { readonly last: number; readonly middle: number; readonly reached: number };

function lines(state: CableState, { last, middle, reached }: Geometry) {
  switch (state) {
    case 'in-use':
    case 'degraded':
      return <Lit from={FIRST} to={last} />;
    case 'coming-up':
    case 'stuck':
      return (
        <>
          <Dots from={reached} to={last} />
          <Lit from={FIRST} to={reached} />
        </>
      );
    case 'waiting':
      return <Dots from={FIRST} to={last} />;
    case 'quarantined':
      return <Broken className="stroke-warn" gap={middle} last={last} />;
    case 'down':
      return <Broken className="stroke-bad" gap={middle} last={last} />;
    case 'disabled':
      return <path className="stroke-line-2" d={`M${FIRST} ${Y}H${last}`} strokeWidth={1.5} />;
  }
}

function mark(state: CableState, { middle, reached }: Pick<Geometry, 'middle' | 'reached'>) {
  switch (state) {
    case 'degraded':
      return <Triangle x={middle} />;
    case 'stuck':
      return <Triangle x={Math.max(reached, FIRST + 12)} />;
    case 'quarantined':
      return (
        <path className="stroke-warn" d={`M${middle - 2} 4v8M${middle + 2} 4v8`} strokeWidth={2} />
      );
    case 'down':
      return (
        <path
          className="stroke-bad"
          d={`M${middle - 3} ${Y - 3}l6 6m0-6l-6 6`}
          strokeLinecap="round"
          strokeWidth={2}
        />
      );
    default:
      return null;
  }
}

const leftEnd = (state: CableState): 'lit' | 'dark' =>
  ['in-use', 'degraded', 'coming-up', 'stuck'].includes(state) ? 'lit' : 'dark';

function Lit({ from, to }: { readonly from: number; readonly to: number }) {
  return (
    <>
      <path className="stroke-accent-edge" d={`M${from} ${Y}H${to}`} strokeWidth={5} />
      <path className="stroke-accent" d={`M${from} ${Y}H${to}`} strokeWidth={3} />
    </>
  );
}

function Dots({ from, to }: { readonly from: number; readonly to: number }) {
  return (
    <path
      className="stroke-control"
      d={`M${from + 4} ${Y}H${to}`}
      strokeDasharray="0 5"
      strokeLinecap="round"
      strokeWidth={2}
    />
  );
}

function Broken({
  className,
  gap,
  last,
}: {
  readonly className: 'stroke-warn' | 'stroke-bad';
  readonly gap: number;
  readonly last: number;
}) {
  return (
    <path
      className={className}
      d={`M${FIRST} ${Y}H${gap - 7}M${gap + 7} ${Y}H${last}`}
      strokeWidth={2}
    />
  );
}

function End({ x, kind }: { readonly x: number; readonly kind: 'lit' | 'dark' }) {
  return kind === 'lit' ? (
    <circle className="fill-accent stroke-accent-edge" cx={x} cy={Y} r={3.25} strokeWidth={1.5} />
  ) : (
    <circle className="fill-bg stroke-control" cx={x} cy={Y} r={3.25} strokeWidth={1.5} />
  );
}

function Triangle({ x }: { readonly x: number }) {
  return (
    <path
      className="fill-warn stroke-bg"
      d={`M${x} 2.5l5.5 10h-11z`}
      strokeLinejoin="round"
      strokeWidth={1.5}
    />
  );
}
