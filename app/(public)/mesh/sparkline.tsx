/** A line of latencies over an hour or a day; a gap is a gap. Design §4 "sparkline". */
const WIDTH = 128;
const HEIGHT = 20;

type Props = {
  /** Oldest first, the last one now. */
  readonly samples: readonly (number | null)[];
  /** What it shows, in words. */
  readonly label: string;
};

export function Sparkline({ samples, label }: Props) {
  const known = samples.filter((sample) => sample !== null);
  // From zero, so that a millisecond of jitter on a hundred is small; from below it where clocks differ.
  const least = Math.min(...known, 0) * 1.25;
  const most = Math.max(...known, 0.1) * 1.25;
  const x = (i: number): number => Math.round((i / Math.max(1, samples.length - 1)) * 1280) / 10;
  const y = (ms: number): number =>
    Math.round((1 - (ms - least) / (most - least)) * (HEIGHT - 2) * 10) / 10 + 1;
  const runs = runsOf(samples);
  return (
    <svg
      aria-label={label}
      className="block shrink-0"
      fill="none"
      height={HEIGHT}
      role="img"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
    >
      <path className="stroke-line" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
      {runs.map(({ start, values }) => {
        const points = values.map((ms, i) => `${x(start + i)} ${y(ms)}`).join('L');
        const [first, last] = [x(start), x(start + values.length - 1)];
        return (
          <g key={start}>
            <path
              className="fill-text-2 opacity-12"
              d={`M${first} ${HEIGHT}L${points}L${last} ${HEIGHT}z`}
            />
            <path
              className="stroke-text-2"
              d={values.length === 1 ? `M${points}h.1` : `M${points}`}
              strokeLinecap="round"
              strokeLinejoin="round"
              strokeWidth={values.length === 1 ? 2.5 : 1.4}
            />
          </g>
        );
      })}
    </svg>
  );
}

/** Stretches without a gap. */
function runsOf(samples: readonly (number | null)[]): { start: number; values: number[] }[] {
  const runs: { start: number; values: number[] }[] = [];
  for (const [i, sample] of samples.entries()) {
    if (sample === null) continue;
    const last = runs.at(-1);
    if (last !== undefined && last.start + last.values.length === i) last.values.push(sample);
    else runs.push({ start: i, values: [sample] });
  }
  return runs;
}
