'use client';

/** What will be pasted, as one types, and the cable between both ends. Behind a line on a phone. */
import { useTranslations } from 'use-intl';
import type { PeerConfigFile } from '../../../../router-core/index.ts';
import { AsBadge } from '../../../_components/as-badge.tsx';
import { CodeBlock } from '../../../_components/code-block.tsx';
import type { Network, NodeCard } from '../../../_queries/view-models.ts';

type Props = {
  readonly files: readonly PeerConfigFile[];
  readonly network: Network;
  readonly node: NodeCard | undefined;
};

export function FormPreview({ files, network, node }: Props) {
  const t = useTranslations('form');
  const texts = files.map((file) => (
    <div className="mb-4" key={file.path}>
      <p className="mb-1.5 font-mono text-caption text-text-3">{file.path}</p>
      <CodeBlock highlights={file.highlights} text={file.text.trimEnd()} what={file.path} />
    </div>
  ));
  return (
    <aside aria-label={t('preview')} className="lg:sticky lg:top-20 lg:self-start">
      <div className="max-lg:hidden">
        <h2 className="mb-3 border-line-2 border-t pt-3 font-medium text-caption text-text-2">
          {t('preview')}
        </h2>
        {texts}
        <p className="mb-8 text-small text-text-2">{t('previewNote')}</p>
      </div>
      <details className="mb-8 lg:hidden">
        <summary className="min-h-11 font-medium">{t('showPreview')}</summary>
        {texts}
      </details>
      {node === undefined ? null : (
        <>
          <h2 className="mb-3 font-medium text-caption text-text-2">{t('bothEnds')}</h2>
          <div className="flex items-start gap-4">
            <span>
              <AsBadge asn={network.asn} />
              <span className="block text-small text-text-2">{network.name}</span>
            </span>
            <span aria-hidden="true" className="dots mt-2 h-[5px] flex-1" />
            <span className="text-right">
              <AsBadge asn={node.ours.asn} />
              <span className="block text-small text-text-2">{node.name}</span>
            </span>
          </div>
        </>
      )}
    </aside>
  );
}
