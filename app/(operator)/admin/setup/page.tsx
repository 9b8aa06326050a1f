/** The first five minutes of a node: all defaults are there, one column. */
import { ButtonLink } from '../../../_components/button.tsx';
import { CodeBlock } from '../../../_components/code-block.tsx';
import { EmptyState } from '../../../_components/empty-state.tsx';
import { getSetupView } from '../../../_queries/setup.ts';
import { getSite } from '../../../_queries/site.ts';
import { getTranslator } from '../../../_text/translator.ts';
import { SetupForm } from './setup-form.tsx';

type Props = { readonly searchParams: Promise<{ readonly token?: string | string[] }> };

export function generateMetadata() {
  return { title: getTranslator('setup')('title') };
}

export default async function SetupPage({ searchParams }: Props) {
  const token = [(await searchParams).token].flat()[0];
  const [view, { portal }] = await Promise.all([getSetupView(token), getSite()]);
  const t = getTranslator('setup');
  return (
    <div className="mx-auto max-w-160 pt-10 lg:pt-14">
      <h1 className="font-semibold text-h1">{t('title')}</h1>
      {view.state === 'open' ? (
        <SetupForm host={isHostName(portal) ? portal : ''} token={token ?? ''} view={view} />
      ) : view.state === 'link-needed' ? (
        <>
          <p className="mt-2 mb-6 text-lead text-text-2">{t('linkNeeded')}</p>
          <CodeBlock
            head={<span className="text-small text-text-2">{t('onConsole')}</span>}
            text="npm start"
            what={t('command')}
          />
          <p className="mt-3 text-text-2">{t('linkLife')}</p>
        </>
      ) : (
        <div className="mt-6 rounded-card border border-line bg-surface p-6">
          <EmptyState
            action={<ButtonLink href="/admin">{t('toDesk')}</ButtonLink>}
            text={t('doneText')}
            title={t('doneTitle')}
          />
        </div>
      )}
    </div>
  );
}

/** A name in the address bar is a good guess for the endpoint; localhost and numbers are not. */
const isHostName = (portal: string): boolean =>
  portal.includes('.') && !/^[0-9.]+$/.test(portal) && !portal.includes(':');
