/**
 * The cable from the button to the first node, from 1280 px on; below, node-list.tsx draws it upright.
 *
 * It stands in the column between the two and is stretched to their distance: from the middle of the
 * form to the middle of the first row. The margins are halves of their fixed heights.
 */
const PATH = 'M0 100 C58 100 42 0 100 0';

export function HeroCable() {
  return (
    <svg
      aria-hidden="true"
      className="pointer-events-none col-start-2 row-span-2 row-start-1 mt-[66px] mb-[31px] h-[calc(100%-97px)] w-[calc(100%+8px)] animate-draw overflow-visible max-lg:hidden"
      fill="none"
      preserveAspectRatio="none"
      viewBox="0 0 100 100"
    >
      <path
        className="stroke-accent-edge"
        d={PATH}
        strokeWidth={6}
        vectorEffect="non-scaling-stroke"
      />
      <path className="stroke-accent" d={PATH} strokeWidth={4} vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
