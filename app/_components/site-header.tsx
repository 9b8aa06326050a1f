/**
 * Header of all pages but the desk: mark, pages that exist, theme, who is signed in.
 *
 * Not standardized; design §3 and §5. Menus are native popovers: Esc and a click outside close them.
 */
import Link from 'next/link';
import type { SiteView, Viewer } from '../_queries/view-models.ts';
import { getTranslator } from '../_text/translator.ts';
import { AsBadge } from './as-badge.tsx';
import { BrandMark } from './brand-mark.tsx';
import { ButtonLink, buttonClass } from './button.tsx';
import { Icon } from './icon.tsx';
import { NavLink } from './nav-link.tsx';
import { NetworkSwitch } from './network-switch.tsx';
import { SignOutButton } from './sign-out-button.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

type Props = { readonly site: SiteView; readonly viewer: Viewer };

const POPOVER =
  'fixed inset-auto top-14 right-4 m-0 w-72 max-w-[calc(100vw-2rem)] rounded-card border border-line bg-raised p-1.5 shadow-float';

export function SiteHeader({ site, viewer }: Props) {
  const t = getTranslator('site');
  const links = site.needsSetup ? [] : navigation(viewer);
  return (
    <header className="sticky top-0 z-30 border-line border-b bg-surface">
      <div className="mx-auto flex h-15 items-center gap-8 px-4 md:px-8">
        <Link
          className="flex min-h-11 items-center gap-2.5 font-semibold text-section tracking-[-0.01em]"
          href="/"
        >
          <BrandMark />
          rootless42
        </Link>
        <nav aria-label={t('navigation')} className="flex gap-7 max-md:hidden">
          {links.map(({ href, word }) => (
            <NavLink href={href} key={href} look="bar">
              {t(word)}
            </NavLink>
          ))}
        </nav>
        <div className="ml-auto flex items-center gap-2 md:gap-4">
          <span className="max-md:hidden">
            <ThemeSwitch />
          </span>
          {site.needsSetup ? null : <Account viewer={viewer} />}
          <button
            aria-label={t('menu')}
            className="grid size-11 place-items-center rounded-control md:hidden"
            popoverTarget="menu"
            type="button"
          >
            <Icon name="menu" size={20} />
          </button>
        </div>
      </div>
      <div className={POPOVER} id="menu" popover="auto">
        <nav aria-label={t('menu')}>
          {links.map(({ href, word }) => (
            <NavLink href={href} key={href} look="menu">
              {t(word)}
            </NavLink>
          ))}
        </nav>
        <div className="flex items-center justify-between border-line border-t py-1 pl-3">
          {t('theme')}
          <ThemeSwitch />
        </div>
        {viewer.kind === 'visitor' ? null : <SignOutButton />}
      </div>
    </header>
  );
}

function Account({ viewer }: { readonly viewer: Viewer }) {
  const t = getTranslator('site');
  switch (viewer.kind) {
    case 'visitor':
      return <ButtonLink href="/sign-in">{t('signIn')}</ButtonLink>;
    case 'operator':
      return (
        <>
          <button
            className={`${buttonClass()} max-md:hidden`}
            popoverTarget="account"
            type="button"
          >
            {viewer.name}
            <Icon name="chevron" />
          </button>
          <div className={POPOVER} id="account" popover="auto">
            <NavLink href="/admin" isExact look="menu">
              {t('desk')}
            </NavLink>
            <SignOutButton />
          </div>
        </>
      );
    case 'member': {
      const others = viewer.networks.filter(({ asn }) => asn !== viewer.network.asn);
      return (
        <>
          <button
            aria-label={t('account', { asn: String(viewer.network.asn) })}
            className={`${buttonClass()} max-md:border-transparent max-md:bg-transparent max-md:px-1`}
            popoverTarget="account"
            type="button"
          >
            <span className="max-md:hidden">
              <AsBadge asn={viewer.network.asn} name={viewer.network.name} />
            </span>
            <span className="md:hidden">
              <AsBadge asn={viewer.network.asn} />
            </span>
            <span className="max-md:hidden">
              <Icon name="chevron" />
            </span>
          </button>
          <div className={POPOVER} id="account" popover="auto">
            <p className="border-line border-b px-3 pt-1.5 pb-2.5 text-small text-text-2">
              {t(`level.${viewer.level}`)}
            </p>
            {others.length === 0 ? null : <NetworkSwitch networks={others} />}
            <SignOutButton />
          </div>
        </>
      );
    }
  }
}

function navigation(viewer: Viewer) {
  const open = [
    { href: '/nodes', word: 'nodes' },
    { href: '/lg', word: 'lookingGlass' },
    { href: '/mesh', word: 'mesh' },
  ] as const;
  if (viewer.kind === 'member')
    return [...open, { href: '/peerings', word: 'myPeerings' }] as const;
  if (viewer.kind === 'operator') return [...open, { href: '/admin', word: 'desk' }] as const;
  return open;
}
