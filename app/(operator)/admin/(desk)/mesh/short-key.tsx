/** A key by its beginning; the whole of it for the clipboard. */
import { CopyButton } from '../../../../_components/copy-button.tsx';
import { getTranslator } from '../../../../_text/translator.ts';

export function ShortKey({ value, of }: { readonly value: string; readonly of: string }) {
  const t = getTranslator('meshDesk');
  return (
    <span className="flex items-center gap-2">
      <code className="font-mono text-small text-text-2" title={value}>
        {value.slice(0, 8)}…
      </code>
      <CopyButton value={value} what={`${t('col.publicKey')}, ${of}`} />
    </span>
  );
}
