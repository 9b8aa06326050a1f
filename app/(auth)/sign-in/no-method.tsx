/** The registry has no key that we can check: what is there, why not, how to add one. */
import { CodeBlock } from '../../_components/code-block.tsx';
import { StateShape } from '../../_components/state-shape.tsx';
import type { NetworkCard } from '../../_queries/view-models.ts';
import { getTranslator } from '../../_text/translator.ts';

type Props = {
  readonly card: Extract<NetworkCard, { kind: 'found' }>;
  readonly contact: string | null;
};

export function NoMethod({ card, contact }: Props) {
  const t = getTranslator('signIn');
  const maintainer = card.maintainers[0] ?? 'YOUR-MNT';
  return (
    <div className="rounded-card border border-warn bg-surface p-6">
      <h2 className="flex items-start gap-3 font-semibold text-h2">
        <span className="mt-1.5">
          <StateShape kind="warn" size={16} />
        </span>
        {t('noMethodTitle', { asn: `AS${card.network.asn}` })}
      </h2>
      {card.unusable.length === 0 ? null : (
        <ul className="mt-4 divide-y divide-line border-line border-y">
          {card.unusable.map(({ what, why }) => (
            <li className="flex flex-wrap gap-x-4 py-2" key={what}>
              <code className="font-mono text-small [overflow-wrap:anywhere]">{what}</code>
              <span className="text-text-2">{why}</span>
            </li>
          ))}
        </ul>
      )}
      <p className="mt-4 mb-3 text-text-2">{t('noMethodRemedy', { maintainer })}</p>
      <CodeBlock
        head={<code className="font-mono text-small">data/mntner/{maintainer}</code>}
        text={'auth:               ssh-ed25519 AAAA…'}
        what={t('authLine')}
      />
      <p className="mt-3 flex justify-between gap-4 text-small text-text-3">
        {contact === null ? <span /> : <span>{t('noMethodContact', { contact })}</span>}
        <code className="font-mono">NO_METHOD</code>
      </p>
    </div>
  );
}
