/** What the node offers in DN42 and into it: each switch, where it listens, what it did. Read only. */
import { redirect } from 'next/navigation';
import { CodeBlock } from '../../../../_components/code-block.tsx';
import { KeepFresh } from '../../../../_components/keep-fresh.tsx';
import { withCode } from '../../../../_components/with-code.tsx';
import { getServices } from '../../../../_queries/services.ts';
import { getViewer } from '../../../../_queries/viewer.ts';
import { getTranslator } from '../../../../_text/translator.ts';
import { ServiceTable } from './service-table.tsx';

/** Counters are looked at while something is tried. */
const EVERY_MS = 3_000;

const EXAMPLE = `services:
  overlayPortal: { enabled: true }
  socks: { enabled: true }
  httpConnect: { enabled: true }
  forwards:
    - { from: { host: '127.0.0.1:4222' }, to: '172.20.1.5:22' }
    - { from: { overlay: 8080 }, to: '127.0.0.1:80', allow: [172.20.0.0/14, 'fd00::/8'] }`;

export function generateMetadata() {
  return { title: getTranslator('services')('title') };
}

export default async function ServicesPage() {
  const viewer = await getViewer();
  if (viewer.kind !== 'operator') redirect('/admin/sign-in');
  const { file, nodes } = await getServices(viewer);
  const t = getTranslator('services');
  return (
    <>
      <h1 className="font-semibold text-h2">{t('title')}</h1>
      <p className="mt-1 mb-6 text-text-2">{t('lead')}</p>
      {nodes.map(({ node, place, isDemo, services }) => (
        <section aria-labelledby={`services-${node}`} className="mb-8" key={node}>
          <h2 className="mb-2 font-semibold text-section" id={`services-${node}`}>
            {t('ofNode', { node: place ?? node })}
          </h2>
          {isDemo ? (
            <p className="text-text-2">{t('demoText')}</p>
          ) : (
            <ServiceTable label={t('ofNode', { node: place ?? node })} services={services} />
          )}
        </section>
      ))}
      <section aria-labelledby="change" className="max-w-160">
        <h2 className="mb-1 font-semibold text-section" id="change">
          {t('changeTitle')}
        </h2>
        <p className="mb-3 text-text-2 [overflow-wrap:anywhere]">
          {file === null ? (
            withCode(t('noFileText'))
          ) : (
            <>
              {t.rich('changeText', {
                file: () => <code className="font-mono text-small text-text">{file}</code>,
                key: (word) => <code className="font-mono">{word}</code>,
              })}{' '}
              {t('example')}
            </>
          )}
        </p>
        <CodeBlock
          head={<code className="font-mono text-small">{t('exampleName')}</code>}
          text={EXAMPLE}
          what={t('exampleName')}
        />
      </section>
      <KeepFresh everyMs={EVERY_MS} />
    </>
  );
}
