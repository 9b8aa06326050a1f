'use client';

/** A link that knows whether its page is open. */
import { clsx } from 'clsx';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';

type Props = {
  readonly href: string;
  /** Only this very address counts, not what lies below it. */
  readonly isExact?: boolean;
  readonly look: 'bar' | 'rail' | 'menu';
  readonly children: ReactNode;
};

const LOOK: Record<Props['look'], string> = {
  bar: 'flex h-15 items-center border-transparent border-b-2 text-text-2 -outline-offset-4 hover:text-text aria-[current=page]:border-text aria-[current=page]:font-medium aria-[current=page]:text-text',
  rail: 'flex min-h-9 items-center gap-3 rounded-control px-3 text-text-2 hover:bg-sunken hover:text-text aria-[current=page]:bg-sunken aria-[current=page]:font-medium aria-[current=page]:text-text',
  menu: 'flex min-h-11 items-center gap-3 rounded-control px-3 hover:bg-sunken aria-[current=page]:font-medium',
};

export function NavLink({ href, isExact = false, look, children }: Props) {
  const path = usePathname();
  const isHere = path === href || (!isExact && path.startsWith(`${href}/`));
  return (
    <Link
      aria-current={isHere ? 'page' : undefined}
      className={clsx('transition-colors duration-120', LOOK[look])}
      href={href}
    >
      {children}
    </Link>
  );
}
