'use client';

import { useCallback, useEffect, useId, useRef, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../_components/button.tsx';
import { ChoiceList } from '../../_components/choice.tsx';
import { CodeBlock } from '../../_components/code-block.tsx';
import { FIELD_CLASS } from '../../_components/field.tsx';
/** Choose a key, run one command, paste what it printed. Portal specification §3. */
import { LiveForm } from '../../_components/live-form.tsx';
import { ProblemNote } from '../../_components/problem-note.tsx';
import { callRest } from '../../_components/rest.ts';
import { StatusChip } from '../../_components/status-chip.tsx';
import { Age, useNow } from '../../_components/time.tsx';
import type {
  ChallengeAnswer,
  NetworkCard,
  Problem,
  ProofMethod,
  VerifyAnswer,
} from '../../_queries/view-models.ts';
import { formatCommit, formatCountdown } from '../../_text/format.ts';
import { exportCommand, SHELLS, type Shell, signCommand } from './commands.ts';

/** Counted from the answer's arrival, so that a wrong clock of the reader does no harm. */
const CHALLENGE_LIFE_MS = 600_000;

type Issued = ChallengeAnswer & { readonly receivedAt: number };

type Props = {
  readonly card: Extract<NetworkCard, { kind: 'found' }>;
  readonly portal: string;
};

export function ProofForm({ card, portal }: Props) {
  const t = useTranslations('signIn');
  const id = useId();
  const [methodId, setMethodId] = useState(card.methods[0]?.id ?? '');
  const [shell, setShell] = useState<Shell>('sh');
  const [challenge, setChallenge] = useState<Issued>();
  const [signature, setSignature] = useState('');
  const [publicKey, setPublicKey] = useState('');
  const [problem, setProblem] = useState<Problem>();
  const [isBusy, setBusy] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const asn = card.network.asn;
  const method = card.methods.find((each) => each.id === methodId) ?? card.methods[0];

  const renew = useCallback(async (): Promise<void> => {
    const answer = await callRest<ChallengeAnswer>('POST', '/api/v1/auth/challenges', {
      body: { asn, purpose: 'login' },
    });
    if (answer.isOk) setChallenge({ ...answer.value, receivedAt: Date.now() });
    else setProblem(answer.problem);
  }, [asn]);
  useEffect(() => {
    renew();
  }, [renew]);

  if (method === undefined) return null;

  const verify = async (): Promise<void> => {
    if (challenge === undefined) return;
    setBusy(true);
    setProblem(undefined);
    const answer = await callRest<VerifyAnswer>('POST', '/api/v1/auth/verify', {
      body: {
        nonce: challenge.nonce,
        method: method.method,
        signature,
        ...(method.needsPublicKey ? { publicKey } : {}),
      },
    });
    if (answer.isOk) {
      // A full load: header and rights change everywhere.
      window.location.assign('/peerings?first=1');
      return;
    }
    setBusy(false);
    setProblem(answer.problem);
    if (answer.problem.code === 'CHALLENGE_USED') await renew();
    area.current?.focus();
  };

  return (
    <LiveForm
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) verify();
      }}
    >
      <ChoiceList
        choices={card.methods.map((each) => ({
          value: each.id,
          title: t(`method.${each.method}`),
          text: (
            <>
              <code className="font-mono">
                {each.keyType} {each.method === 'ssh' ? '…' : ''}
                {each.keyHint}
              </code>
              {t('fromMaintainer', { maintainer: each.maintainer })}
            </>
          ),
          aside: (
            <span className="max-md:hidden">
              <StatusChip kind="ok">{t('fullAccess')}</StatusChip>
            </span>
          ),
        }))}
        isLegendHidden
        legend={t('choose')}
        name="method"
        onChange={setMethodId}
        value={method.id}
      />
      {card.unusable.length === 0 ? null : (
        <details className="mt-2 text-small text-text-2">
          <summary className="min-h-6">{t('unusable', { count: card.unusable.length })}</summary>
          <ul className="mt-1 space-y-1">
            {card.unusable.map(({ what, why }) => (
              <li key={what}>
                <code className="font-mono [overflow-wrap:anywhere]">{what}</code>: {why}
              </li>
            ))}
          </ul>
        </details>
      )}

      <h2 className="mt-8 mb-3 font-semibold text-section">{t('run')}</h2>
      {challenge === undefined && problem !== undefined ? null : (
        <Command
          challenge={challenge}
          method={method}
          onExpired={renew}
          placeholder={placeholderFor(portal, asn)}
          portal={portal}
          setShell={setShell}
          shell={shell}
        />
      )}

      {method.needsPublicKey ? (
        <>
          <label className="mt-8 mb-3 block font-semibold text-section" htmlFor={`${id}-key`}>
            {t('pasteKey')}
          </label>
          <p className="mb-2 text-small text-text-2">{t('pasteKeyWhy')}</p>
          <CodeBlock
            head={<span className="text-small text-text-2">{t('printsKey')}</span>}
            text={exportCommand(method)}
            what={t('command')}
          />
          <textarea
            autoComplete="off"
            className={`${FIELD_CLASS} mt-2 font-mono text-code`}
            id={`${id}-key`}
            onChange={(event) => setPublicKey(event.target.value)}
            placeholder="-----BEGIN PGP PUBLIC KEY BLOCK-----"
            required
            rows={5}
            spellCheck={false}
            value={publicKey}
          />
        </>
      ) : null}

      <label className="mt-8 mb-3 block font-semibold text-section" htmlFor={`${id}-signature`}>
        {t(method.needsPublicKey ? 'pasteThird' : 'pasteSecond')}
      </label>
      <ProblemNote problem={problem} />
      <textarea
        aria-invalid={problem === undefined ? undefined : true}
        autoComplete="off"
        className={`${FIELD_CLASS} mt-2 font-mono text-code`}
        id={`${id}-signature`}
        onChange={(event) => setSignature(event.target.value)}
        placeholder={
          method.method === 'ssh'
            ? '-----BEGIN SSH SIGNATURE-----'
            : '-----BEGIN PGP SIGNED MESSAGE-----'
        }
        ref={area}
        required
        rows={7}
        spellCheck={false}
        value={signature}
      />
      <div className="mt-4 flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button busy={isBusy && t('verifying')} size="large" type="submit" variant="primary">
          {t('verify')}
        </Button>
        <span className="text-small text-text-2">
          {card.registry.checkedAt === null
            ? null
            : t.rich('registryCopy', {
                commit: () => (
                  <code className="font-mono">{formatCommit(card.registry.commit ?? '')}</code>
                ),
                age: () => <Age at={card.registry.checkedAt ?? ''} />,
              })}
        </span>
      </div>
    </LiveForm>
  );
}

/** As long as the text that will come, so that nothing moves when it does. Never shown. */
const placeholderFor = (portal: string, asn: number): string =>
  `rootless42-v1 portal=${portal} asn=${asn} purpose=login nonce=${'x'.repeat(26)} exp=${'0'.repeat(10)}`;

type CommandProps = {
  /** Absent until the text to sign has come. */
  readonly challenge: Issued | undefined;
  readonly placeholder: string;
  readonly method: ProofMethod;
  readonly portal: string;
  readonly shell: Shell;
  readonly setShell: (shell: Shell) => void;
  readonly onExpired: () => void;
};

function Command(props: CommandProps) {
  const { challenge, placeholder, method, portal, shell, setShell, onExpired } = props;
  const t = useTranslations('signIn');
  const now = useNow();
  const seconds = Math.min(
    CHALLENGE_LIFE_MS / 1000,
    ((challenge?.receivedAt ?? now) + CHALLENGE_LIFE_MS - now) / 1000,
  );
  const isExpired = seconds <= 0;
  useEffect(() => {
    if (isExpired) onExpired();
  }, [isExpired, onExpired]);
  return (
    <>
      <CodeBlock
        head={
          <fieldset className="flex gap-1 max-md:flex-1">
            <legend className="sr-only">{t('shell')}</legend>
            <select
              aria-label={t('shell')}
              className="min-h-11 flex-1 rounded-control bg-surface md:hidden"
              onChange={(event) => setShell(event.target.value as Shell)}
              value={shell}
            >
              {SHELLS.map((each) => (
                <option key={each} value={each}>
                  {t(`shellName.${each}`)}
                </option>
              ))}
            </select>
            {SHELLS.map((each) => (
              <button
                aria-pressed={each === shell}
                className="min-h-8 rounded-control px-2.5 text-text-2 hover:text-text aria-pressed:bg-sunken aria-pressed:text-text max-md:hidden"
                key={each}
                onClick={() => setShell(each)}
                type="button"
              >
                {t(`shellName.${each}`)}
              </button>
            ))}
          </fieldset>
        }
        highlights={[portal]}
        text={signCommand(method, shell, challenge?.text ?? placeholder)}
        waitingFor={challenge === undefined ? t('waitingForText') : undefined}
        what={t('command')}
      />
      <p className="mt-2 flex flex-wrap justify-between gap-x-4 gap-y-1 text-text-2">
        <span>
          {t.rich('signOnlyIf', {
            portal: () => <strong className="font-mono font-semibold text-text">{portal}</strong>,
          })}
        </span>
        <span>
          {t.rich('validFor', {
            time: () => <span className="font-mono text-text">{formatCountdown(seconds)}</span>,
          })}
        </span>
      </p>
    </>
  );
}
