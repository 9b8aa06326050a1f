/**
 * The frame of frames: language, theme, fonts, words for client components.
 *
 * `connection()` makes every page dynamic, because a page rendered at build time cannot carry the
 * nonce of the content security policy, and its scripts would all be refused.
 */
import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import type { Metadata, Viewport } from 'next';
import { cookies } from 'next/headers';
import { connection } from 'next/server';
import type { ReactNode } from 'react';
import { ToastRegion } from './_components/toast.tsx';
import { TextProvider } from './_text/text-provider.tsx';
import { clientMessages, getTranslator, LANGUAGE } from './_text/translator.ts';
import './globals.css';

export function generateMetadata(): Metadata {
  const t = getTranslator('site');
  return {
    title: { default: 'rootless42', template: '%s · rootless42' },
    description: t('description'),
    referrer: 'same-origin',
  };
}

export const viewport: Viewport = {
  colorScheme: 'light dark',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#ffffff' },
    { media: '(prefers-color-scheme: dark)', color: '#13181b' },
  ],
};

export default async function RootLayout({ children }: { readonly children: ReactNode }) {
  await connection();
  const theme = (await cookies()).get('theme')?.value;
  const t = getTranslator('site');
  return (
    <html
      className={`${GeistSans.variable} ${GeistMono.variable}`}
      data-theme={theme === 'light' || theme === 'dark' ? theme : undefined}
      lang={LANGUAGE}
    >
      <body>
        <a
          className="fixed top-2 left-2 z-50 -translate-y-16 rounded-control border border-text bg-surface px-4 py-2.5 focus:translate-y-0"
          href="#content"
        >
          {t('skip')}
        </a>
        <TextProvider language={LANGUAGE} messages={clientMessages} renderedAt={Date.now()}>
          {children}
          <ToastRegion />
        </TextProvider>
      </body>
    </html>
  );
}
