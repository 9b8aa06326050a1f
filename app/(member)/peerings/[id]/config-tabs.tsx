/** Ready configuration: wg-quick with BIRD 2 or with FRR; the base of a router only on demand. */
import { CodeBlock } from '../../../_components/code-block.tsx';
import { Tabs } from '../../../_components/tabs.tsx';
import type { ConfigFile } from '../../../_queries/view-models.ts';
import { getTranslator } from '../../../_text/translator.ts';

const KITS = [
  { id: 'bird2', formats: ['wg-quick', 'bird2'] },
  { id: 'frr', formats: ['wg-quick', 'frr'] },
] as const satisfies { id: string; formats: ConfigFile['format'][] }[];

export function ConfigTabs({ files }: { readonly files: readonly ConfigFile[] }) {
  const t = getTranslator('config');
  return (
    <section aria-labelledby="configuration">
      <h2 className="mb-1 font-semibold text-section" id="configuration">
        {t('title')}
      </h2>
      <Tabs
        label={t('platform')}
        tabs={KITS.map(({ id, formats }) => {
          const own = files.filter(({ format }) => formats.some((each) => each === format));
          const base = own.filter(({ part }) => part === 'base');
          return {
            id,
            title: t(`kit.${id}`),
            panel: (
              <div className="space-y-4">
                {own
                  .filter(({ part }) => part === 'peer')
                  .map((file) => (
                    <File file={file} key={file.path} />
                  ))}
                {base.length === 0 ? null : (
                  <details>
                    <summary className="min-h-8 text-text-2">{t('base')}</summary>
                    <p className="mt-1 mb-3 text-small text-text-2">{t('baseText')}</p>
                    <div className="space-y-4">
                      {base.map((file) => (
                        <File file={file} key={file.path} />
                      ))}
                    </div>
                  </details>
                )}
              </div>
            ),
          };
        })}
      />
    </section>
  );
}

function File({ file }: { readonly file: ConfigFile }) {
  return (
    <CodeBlock
      head={
        <code className="min-w-0 truncate font-mono text-small" title={file.path}>
          {file.path}
        </code>
      }
      highlights={file.highlights}
      text={file.text.trimEnd()}
      what={file.path}
    />
  );
}
