/**
 * The shapes of states: told apart in greyscale and at 12 pixels.
 *
 * Not standardized; design §4 "status chip". Always beside its word, so hidden from readers.
 */
export type ChipKind =
  | 'ok'
  | 'busy'
  | 'waiting'
  | 'pending'
  | 'warn'
  | 'held'
  | 'down'
  | 'disabled';

const INK: Record<ChipKind, string> = {
  ok: 'text-ok',
  busy: 'text-busy',
  waiting: 'text-idle',
  pending: 'text-busy',
  warn: 'text-warn',
  held: 'text-warn',
  down: 'text-bad',
  disabled: 'text-idle',
};

type Props = { readonly kind: ChipKind; readonly size?: 12 | 14 | 16 };

export function StateShape({ kind, size = 14 }: Props) {
  return (
    <svg
      aria-hidden="true"
      className={`block shrink-0 ${INK[kind]}`}
      fill="none"
      height={size}
      viewBox="0 0 14 14"
      width={size}
    >
      {drawing(kind)}
    </svg>
  );
}

function drawing(kind: ChipKind) {
  switch (kind) {
    case 'ok':
      return (
        <>
          <circle cx="7" cy="7" fill="currentColor" r="6" />
          <path className="stroke-bg" d="M4.2 7.2l2 2 3.6-4" strokeWidth="1.6" />
        </>
      );
    case 'busy':
      return (
        <>
          <circle cx="7" cy="7" r="5.2" stroke="currentColor" strokeWidth="1.6" />
          <path d="M7 1.8a5.2 5.2 0 0 0 0 10.4z" fill="currentColor" />
        </>
      );
    case 'waiting':
      return (
        <circle
          cx="7"
          cy="7"
          r="5.2"
          stroke="currentColor"
          strokeDasharray="1.9 2.184"
          strokeWidth="1.6"
        />
      );
    case 'pending':
      return (
        <path
          d="M7 1.6L12.4 7 7 12.4 1.6 7z"
          stroke="currentColor"
          strokeLinejoin="round"
          strokeWidth="1.6"
        />
      );
    case 'warn':
      return (
        <>
          <path
            d="M7 1.4L13.2 12.4H.8z"
            fill="currentColor"
            stroke="currentColor"
            strokeLinejoin="round"
          />
          <path className="stroke-bg" d="M7 5.2v3.4M7 10v1.3" strokeWidth="1.5" />
        </>
      );
    case 'held':
      return (
        <>
          <path d="M7 .8L13.2 7 7 13.2.8 7z" fill="currentColor" />
          <path className="stroke-bg" d="M5.8 4.8v4.4M8.2 4.8v4.4" strokeWidth="1.4" />
        </>
      );
    case 'down':
      return (
        <>
          <rect fill="currentColor" height="12" rx="2" width="12" x="1" y="1" />
          <path className="stroke-bg" d="M4.5 4.5l5 5m0-5l-5 5" strokeWidth="1.6" />
        </>
      );
    case 'disabled':
      return (
        <>
          <circle cx="7" cy="7" r="5.2" stroke="currentColor" strokeWidth="1.6" />
          <path d="M4.5 7h5" stroke="currentColor" strokeWidth="1.6" />
        </>
      );
  }
}
