/** The icons in use, drawn on 16 pixels with a line of 1.5. Always beside a word or in a named button. */
const DRAWINGS = {
  arrow: 'M3 8h10M9 4l4 4-4 4',
  copy: 'M6 6V3.5A1 1 0 0 1 7 2.5h5.5a1 1 0 0 1 1 1V9a1 1 0 0 1-1 1H10M3.5 6H9a1 1 0 0 1 1 1v5.5a1 1 0 0 1-1 1H3.5a1 1 0 0 1-1-1V7a1 1 0 0 1 1-1z',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  chevron: 'M4 6l4 4 4-4',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  edit: 'M3 13l.6-2.8L11 2.8l2.2 2.2-7.4 7.4L3 13zM9.6 4.2l2.2 2.2',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5l7 4.5-7 4.5z',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.5v1.2M8 13.3v1.2M1.5 8h1.2M13.3 8h1.2M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9',
  overview: 'M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z',
  plug: 'M6 2v3M10 2v3M4.5 5h7v2.5a3.5 3.5 0 0 1-7 0zM8 11v3',
  globe:
    'M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8zM1.8 8h12.4M8 1.8c2.2 2 2.8 4 2.8 6.2S10.2 12.2 8 14.200C5.8 12.2 5.2 10.2 5.2 8S5.8 3.8 8 1.8',
  mesh: 'M3.500 5.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM12.500 6.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM7 13.500a1.500 1.500 0 1 0 0-3 1.500 1.500 0 0 0 0 3zM5 4.200l6 .6M4.300 5.400L6.300 10.600M11.600 6.300L8 10.900',
  switches: 'M2.5 5h5M10.5 5h3M9 3.500v3M2.5 11h2M7.500 11h6M6 9.500v3',
  leave: 'M6.5 2.5h-3a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h3M10 5l3 3-3 3M13 8H6',
  restart: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.500V5h-2.5',
  trash: 'M3 4.500h10M6.5 4.500V3h3v1.500M4.5 4.500l.5 8.500h6l.5-8.5',
} as const;

export type IconName = keyof typeof DRAWINGS;

export function Icon({ name, size = 16 }: { readonly name: IconName; readonly size?: number }) {
  return (
    <svg
      aria-hidden="true"
      className="block shrink-0"
      fill="none"
      height={size}
      stroke="currentColor"
      strokeLinecap="round"
      strokeLinejoin="round"
      strokeWidth={name === 'more' ? 2.2 : 1.5}
      viewBox="0 0 16 16"
      width={size}
    >
      <path d={DRAWINGS[name]} />
    </svg>
  );
}
