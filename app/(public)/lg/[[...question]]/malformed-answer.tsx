/** UPDATEs of a neighbor that broke the rules, octet by octet. For operators. */
import { EmptyState } from '../../../_components/empty-state.tsx';
import { StatusChip } from '../../../_components/status-chip.tsx';
import { Age, Clock } from '../../../_components/time.tsx';
import type { LookingGlassAnswer, MalformedMessage } from '../../../_queries/view-models.ts';
import { getTranslator } from '../../../_text/translator.ts';

type Props = { readonly answer: Extract<LookingGlassAnswer, { query: 'malformed' }> };

const CHIP = { reset: 'down', withdraw: 'warn', discard: 'waiting' } as const;

export function MalformedAnswer({ answer }: Props) {
  const t = getTranslator('lookingGlass');
  const { messages, argument } = answer;
  const title = t('malformedOf', { count: messages.length, name: argument });
  if (messages.length === 0) return <EmptyState text={t('noMalformedText')} title={title} />;
  return (
    <section aria-labelledby="malformed">
      <h2 className="mb-4 font-semibold text-h2" id="malformed">
        {title}
      </h2>
      <ol className="space-y-6">
        {messages.map((message, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two messages may be of one moment
          <li key={at}>
            <Message message={message} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Message({ message }: { readonly message: MalformedMessage }) {
  const t = getTranslator('lookingGlass');
  const { attribute, reaction, session, at, dump } = message;
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <StatusChip kind={CHIP[reaction]}>
          {attribute === null ? t('malformedMessage') : t('malformedAttribute', { attribute })}
        </StatusChip>
        <span>{t(`reaction.${reaction}`)}</span>
        <span className="text-small text-text-2">
          {session} · <Clock at={at} /> · <Age at={at} />
        </span>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must take the focus (WCAG 2.1.1) */}
      <section aria-label={t('octetsAtFault')} className="mt-2 overflow-x-auto" tabIndex={0}>
        <pre className="w-max min-w-full rounded-block border border-line bg-sunken px-4 py-3.5 font-mono text-code">
          {dump.split(/(\[[^\]]*\])/).map((piece, index) =>
            piece.startsWith('[') ? (
              // biome-ignore lint/suspicious/noArrayIndexKey: pieces of one text never move
              <mark className="bg-accent-soft font-semibold text-text" key={index}>
                {piece}
              </mark>
            ) : (
              piece
            ),
          )}
        </pre>
      </section>
    </>
  );
}
