/** Header, banner, the page, footer: what visitors and members see around every page. */
import type { ReactNode } from 'react';
import { getSite } from '../_queries/site.ts';
import { getViewer } from '../_queries/viewer.ts';
import { getTranslator } from '../_text/translator.ts';
import { AsBadge } from './as-badge.tsx';
import { Banner } from './banner.tsx';
import { BrandMark } from './brand-mark.tsx';
import { SiteHeader } from './site-header.tsx';

export async function PublicFrame({ children }: { readonly children: ReactNode }) {
  const [site, viewer] = await Promise.all([getSite(), getViewer()]);
  const t = getTranslator('site');
  return (
    <div className="flex min-h-dvh flex-col">
      <SiteHeader site={site} viewer={viewer} />
      {site.banner === null && !site.isDemo ? null : (
        <div className="mx-auto w-full max-w-[1280px] space-y-2 px-4 pt-4 md:px-8 lg:px-18">
          {site.isDemo ? (
            <Banner fact={t('demoFact')} rest={t('demoRest')} severity="info" />
          ) : null}
          {site.banner === null ? null : <Banner {...site.banner} />}
        </div>
      )}
      <main
        className="mx-auto w-full max-w-[1280px] flex-1 px-4 pb-16 md:px-8 lg:px-18"
        id="content"
        tabIndex={-1}
      >
        {children}
      </main>
      <footer className="border-line border-t bg-surface">
        <div className="mx-auto flex min-h-18 w-full max-w-[1280px] flex-wrap items-center gap-x-8 gap-y-2 px-4 py-4 text-text-2 md:px-8 lg:px-18">
          <span className="flex items-center gap-2.5 font-semibold text-text">
            <BrandMark />
            rootless42
          </span>
          <span className="md:ml-auto">
            {site.needsSetup ? null : <AsBadge asn={site.network.asn} name={site.network.name} />}
          </span>
          {site.contact === null ? null : <Contact contact={site.contact} word={t('contact')} />}
          <code className="font-mono text-small text-text-3">{site.version}</code>
        </div>
      </footer>
    </div>
  );
}

/** Only what is surely a mail address or a web page becomes a link. */
function Contact({ contact, word }: { readonly contact: string; readonly word: string }) {
  if (/^https?:\/\/[^\s"<>]+$/.test(contact)) {
    return (
      <a className="link" href={contact} rel="noreferrer">
        {word}
      </a>
    );
  }
  if (/^[^\s"<>@]+@[^\s"<>@]+$/.test(contact)) {
    return (
      <a className="link" href={`mailto:${contact}`}>
        {word}
      </a>
    );
  }
  return <span>{contact}</span>;
}
