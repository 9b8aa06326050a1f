/** The mark: a cable between two ends. Same drawing as app/icon.svg. */
export function BrandMark() {
  return (
    <svg aria-hidden="true" className="block shrink-0" height={26} viewBox="0 0 32 32" width={26}>
      <rect className="fill-[#12171a] stroke-line-2" height="31" rx="7" width="31" x=".5" y=".5" />
      <path
        d="M9 23h4a3 3 0 0 0 3-3v-8a3 3 0 0 1 3-3h4"
        fill="none"
        stroke="#ffd43a"
        strokeLinecap="round"
        strokeWidth="3.4"
      />
      <circle cx="8.6" cy="23" fill="#ffd43a" r="3.4" />
      <circle cx="23.4" cy="9" fill="#ffd43a" r="3.4" />
    </svg>
  );
}
