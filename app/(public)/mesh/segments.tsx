/** A choice of few, as links: the address says what is chosen, and no script is needed. */
import Link from 'next/link';

type Props = {
  readonly label: string;
  readonly choices: readonly {
    readonly href: string;
    readonly word: string;
    readonly isChosen: boolean;
  }[];
};

export function Segments({ label, choices }: Props) {
  return (
    <nav
      aria-label={label}
      className="flex divide-x divide-line-2 overflow-clip rounded-control border border-line-2 bg-surface"
    >
      {choices.map(({ href, word, isChosen }) => (
        <Link
          aria-current={isChosen ? 'true' : undefined}
          className="flex min-h-9 items-center whitespace-nowrap px-3.5 text-text-2 -outline-offset-2 transition-colors duration-120 hover:text-text aria-[current=true]:bg-text aria-[current=true]:font-medium aria-[current=true]:text-bg max-md:min-h-11"
          href={href}
          key={word}
          prefetch={false}
          scroll={false}
        >
          {word}
        </Link>
      ))}
    </nav>
  );
}
