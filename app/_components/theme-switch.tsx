'use client';

/**
 * Light or dark. Until it is used the system decides; afterwards a cookie does, so that the server
 * writes `data-theme` itself and no script has to run before the first paint.
 */
import { useTranslations } from 'use-intl';
import { Icon } from './icon.tsx';

const YEAR_SECONDS = 31_536_000;

export function ThemeSwitch() {
  const t = useTranslations('ui');
  const toggle = (): void => {
    const root = document.documentElement;
    const shown =
      root.dataset.theme ?? (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    const next = shown === 'dark' ? 'light' : 'dark';
    root.dataset.theme = next;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox
    document.cookie = `theme=${next}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
  };
  return (
    <button
      aria-label={t('theme')}
      className="grid size-9 place-items-center rounded-control text-text-2 transition-colors duration-120 hover:bg-sunken hover:text-text max-md:size-11"
      onClick={toggle}
      title={t('theme')}
      type="button"
    >
      <span className="theme-light">
        <Icon name="moon" />
      </span>
      <span className="theme-dark">
        <Icon name="sun" />
      </span>
    </button>
  );
}
