/**
 * The operator's desk: rail at the left with the pages that exist, one line at the top.
 *
 * Not standardized; design §3 and §5: from 768 px icons with names, from 1280 px words, below a menu.
 */
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { Viewer } from '../_queries/view-models.ts';
import { getTranslator } from '../_text/translator.ts';
import { BrandMark } from './brand-mark.tsx';
import { buttonClass } from './button.tsx';
import { Icon } from './icon.tsx';
import { NavLink } from './nav-link.tsx';
import { SignOutButton } from './sign-out-button.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

const PAGES = [
  { href: '/admin', word: 'overview', icon: 'overview', isExact: true },
  { href: '/admin/peerings', word: 'peerings', icon: 'plug', isExact: false },
  { href: '/admin/services', word: 'services', icon: 'switches', isExact: false },
  { href: '/lg', word: 'lookingGlass', icon: 'globe', isExact: false },
  { href: '/admin/mesh', word: 'mesh', icon: 'mesh', isExact: false },
] as const;

type Props = {
  readonly viewer: Extract<Viewer, { kind: 'operator' }>;
  readonly children: ReactNode;
};

export function DeskFrame({ viewer, children }: Props) {
  const t = getTranslator('site');
  return (
    <div className="flex min-h-dvh">
      <aside className="sticky top-0 flex h-dvh w-16 shrink-0 flex-col border-line border-r bg-surface px-2 py-3 max-md:hidden lg:w-53 lg:px-3">
        <Link
          aria-label="rootless42"
          className="mb-3 flex min-h-11 items-center gap-2.5 px-2 font-semibold text-section tracking-[-0.01em] max-lg:justify-center"
          href="/"
        >
          <BrandMark />
          <span className="max-lg:hidden">rootless42</span>
        </Link>
        <nav aria-label={t('desk')} className="space-y-0.5">
          {PAGES.map(({ href, word, icon, isExact }) => (
            <NavLink href={href} isExact={isExact} key={href} look="rail">
              <Icon name={icon} />
              <span className="max-lg:sr-only">{t(word)}</span>
            </NavLink>
          ))}
        </nav>
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="sticky top-0 z-30 flex h-13 items-center gap-4 border-line border-b bg-surface px-4 md:px-6">
          <Link aria-label="rootless42" className="md:hidden" href="/">
            <BrandMark />
          </Link>
          <span className="ml-auto max-md:hidden">
            <ThemeSwitch />
          </span>
          <button
            className={`${buttonClass('quiet')} max-md:ml-auto`}
            popoverTarget="desk-menu"
            type="button"
          >
            {viewer.name}
            <span className="rounded-chip border border-line-2 px-1.5 text-caption text-text-2">
              {t(`role.${viewer.role}`)}
            </span>
            <Icon name="chevron" />
          </button>
          <div
            className="fixed inset-auto top-12 right-4 m-0 w-64 rounded-card border border-line bg-raised p-1.5 shadow-float"
            id="desk-menu"
            popover="auto"
          >
            <nav aria-label={t('menu')} className="md:hidden">
              {PAGES.map(({ href, word, icon, isExact }) => (
                <NavLink href={href} isExact={isExact} key={href} look="menu">
                  <Icon name={icon} />
                  {t(word)}
                </NavLink>
              ))}
            </nav>
            <div className="flex items-center justify-between border-line border-t py-1 pl-3 md:hidden">
              {t('theme')}
              <ThemeSwitch />
            </div>
            <SignOutButton />
          </div>
        </header>
        <main
          className="mx-auto w-full max-w-[1360px] flex-1 px-4 py-6 md:px-6"
          id="content"
          tabIndex={-1}
        >
          {children}
        </main>
      </div>
    </div>
  );
}
