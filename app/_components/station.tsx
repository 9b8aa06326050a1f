/** A circle on a cable: done, now, stuck, ahead; the last one reached has a ring. Design §4 "station". */
export type StationState = 'done' | 'now' | 'stuck' | 'ahead' | 'end';

export function Station({ state }: { readonly state: StationState }) {
  return (
    <svg
      aria-hidden="true"
      className="block shrink-0 overflow-visible"
      fill="none"
      height={20}
      viewBox="0 0 20 20"
      width={20}
    >
      {drawing(state)}
    </svg>
  );
}

function drawing(state: StationState) {
  switch (state) {
    case 'done':
      return (
        <>
          <circle
            className="fill-accent stroke-accent-edge"
            cx="10"
            cy="10"
            r="8"
            strokeWidth="1.5"
          />
          <path
            className="stroke-on-accent"
            d="M6.6 10.2l2.4 2.4 4.4-4.8"
            strokeLinecap="round"
            strokeLinejoin="round"
            strokeWidth="1.8"
          />
        </>
      );
    case 'end':
      return (
        <>
          <circle className="fill-accent stroke-text" cx="10" cy="10" r="8.5" strokeWidth="2.5" />
          <circle className="fill-on-accent" cx="10" cy="10" r="2.5" />
        </>
      );
    case 'now':
      return (
        <>
          <circle className="fill-bg stroke-text" cx="10" cy="10" r="8" strokeWidth="2.5" />
          <circle className="fill-text" cx="10" cy="10" r="3" />
        </>
      );
    case 'stuck':
      return (
        <>
          <path
            className="fill-warn stroke-warn"
            d="M10 1L20 18.500H0z"
            strokeLinejoin="round"
            strokeWidth="2"
          />
          <path className="stroke-bg" d="M10 6.500v6" strokeLinecap="round" strokeWidth="2" />
          <circle className="fill-bg" cx="10" cy="15.5" r="1.2" />
        </>
      );
    case 'ahead':
      return (
        <circle className="fill-bg stroke-control" cx="10" cy="10" r="6.5" strokeWidth="1.5" />
      );
  }
}
