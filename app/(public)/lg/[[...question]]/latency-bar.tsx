/** A round trip on a logarithmic scale; the ticks are DN42's latency classes. Design §4. */
const CLASSES_MS = [2.7, 7.3, 20, 55, 148, 403];
const WIDTH = 72;
const MOST = Math.log(403 + 1);

/** Always beside its number. */
export function LatencyBar({ ms }: { readonly ms: number | null }) {
  const at = (value: number): number => Math.min(WIDTH, (Math.log(value + 1) / MOST) * WIDTH);
  return (
    <svg
      aria-hidden="true"
      className="shrink-0"
      height={10}
      viewBox={`0 0 ${WIDTH} 10`}
      width={WIDTH}
    >
      <path className="stroke-line-2" d={`M0 8.5H${WIDTH}`} />
      {CLASSES_MS.map((bound) => (
        <path className="stroke-line-2" d={`M${at(bound) - 0.5} 6v3`} key={bound} />
      ))}
      {ms === null ? null : (
        <rect className="fill-text-2" height={7} rx={1} width={Math.max(2, at(ms))} x={0} y={1} />
      )}
    </svg>
  );
}
