/** A link as a short line: yellow on the chosen way, else ink; its form tells the state. Design §4 "cable". */
import { Cable } from '../../_components/cable.tsx';
import type { MeshLinkObject } from '../../_queries/view-models.ts';

const WIDTH = 56;

type Props = { readonly state: MeshLinkObject['state']; readonly isOnWay: boolean };

export function LinkGlyph({ state, isOnWay }: Props) {
  if (state === 'down') return <Cable state="down" width={WIDTH} />;
  if (isOnWay) return <Cable state={state === 'loss' ? 'degraded' : 'in-use'} width={WIDTH} />;
  return (
    <svg
      aria-hidden="true"
      className="block shrink-0"
      fill="none"
      height={16}
      viewBox={`0 0 ${WIDTH} 16`}
      width={WIDTH}
    >
      <path className="stroke-text-2" d={`M5 8H${WIDTH - 5}`} strokeWidth={1.6} />
      <circle className="fill-text-2" cx={5} cy={8} r={3} />
      <circle className="fill-text-2" cx={WIDTH - 5} cy={8} r={3} />
      {state === 'loss' ? (
        <path
          className="fill-warn stroke-bg"
          d={`M${WIDTH / 2} 2.5l5.5 10h-11z`}
          strokeLinejoin="round"
          strokeWidth={1.5}
        />
      ) : null}
    </svg>
  );
}
