'use client';

/**
 * Why it is not up: cause, remedy, code; where a value can be taken over, the button that does it.
 *
 * Standard: portal specification §7. The first serious finding is the page's one yellow action.
 */
import { clsx } from 'clsx';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import type { DiagnosisFinding } from '../../../../router-core/index.ts';
import { Button } from '../../../_components/button.tsx';
import type { StationName } from '../../../_components/peering/timeline-model.ts';
import { ProblemNote } from '../../../_components/problem-note.tsx';
import { callRest } from '../../../_components/rest.ts';
import { type ChipKind, StateShape } from '../../../_components/state-shape.tsx';
import { Age } from '../../../_components/time.tsx';
import { withCode } from '../../../_components/with-code.tsx';
import type { PeeringObject, Problem } from '../../../_queries/view-models.ts';

type Severity = DiagnosisFinding['severity'];
const SHAPE: Record<Severity, ChipKind> = { bad: 'down', warn: 'warn', info: 'waiting' };
const EDGE: Record<Severity, string> = {
  bad: 'border-bad',
  warn: 'border-warn',
  info: 'border-line',
};

/**
 * Room for the longest sentence about silence with its age and code. While a peering comes up the first
 * sentence always has it, so that nothing below moves when it is found, changes, or goes.
 */
const ROOM = 'min-h-62 md:min-h-30 lg:min-h-44';

type Props = {
  readonly peering: PeeringObject;
  readonly onChanged: (peering: PeeringObject) => void;
};
type DiagnosisProps = Props & {
  /** The step that a peering on its way up has before it; undefined: it is up, or is not meant to be. */
  readonly awaits: StationName | undefined;
};

export function Diagnosis({ peering, onChanged, awaits }: DiagnosisProps) {
  const t = useTranslations('peering');
  const [first, ...others] = peering.diagnosis;
  return (
    <>
      <section aria-label={t('diagnosis')} aria-live="polite">
        {first === undefined ? null : (
          <Finding
            finding={first}
            isAwaited={awaits !== undefined}
            isFirst
            onChanged={onChanged}
            peering={peering}
          />
        )}
        {others.map((finding) => (
          <Finding finding={finding} key={finding.code} onChanged={onChanged} peering={peering} />
        ))}
      </section>
      {/* Not read out: the timeline says every step. */}
      {awaits === undefined || first !== undefined ? null : (
        <div
          className={clsx(
            'mb-8 flex items-start gap-3.5 rounded-card border border-line bg-surface px-5 py-4',
            ROOM,
          )}
        >
          <span className="mt-1.5">
            <StateShape kind="waiting" size={16} />
          </span>
          <p className="font-semibold text-h2">
            {t('awaits', { step: t(`stepInSentence.${awaits}`) })}
          </p>
        </div>
      )}
    </>
  );
}

type FindingProps = Props & {
  readonly finding: DiagnosisFinding;
  readonly isFirst?: boolean;
  /** It stands where a sentence is awaited, and keeps the room of one. */
  readonly isAwaited?: boolean;
};

function Finding({
  finding,
  peering,
  onChanged,
  isFirst = false,
  isAwaited = false,
}: FindingProps) {
  const t = useTranslations('peering');
  const { severity, code, text, since, proposal } = finding;
  return (
    <div
      className={clsx(
        'mb-3 flex flex-col overflow-hidden rounded-card border bg-surface last:mb-8',
        EDGE[severity],
        isAwaited && ROOM,
      )}
    >
      <div className="flex items-start gap-3.5 px-5 pt-4 pb-4">
        <span className={isFirst ? 'mt-1.5' : 'mt-0.5'}>
          <StateShape kind={SHAPE[severity]} size={16} />
        </span>
        <p className={isFirst ? 'font-semibold text-h2 [overflow-wrap:anywhere]' : 'min-w-0'}>
          {withCode(text)}
        </p>
      </div>
      {proposal === undefined ? null : (
        <Proposal onChanged={onChanged} peering={peering} proposal={proposal} isFirst={isFirst} />
      )}
      <p className="mt-auto flex justify-between gap-4 px-5 pb-4 text-small text-text-3">
        <span>{t.rich('findingSince', { age: () => <Age at={since} /> })}</span>
        <code className="font-mono">{code}</code>
      </p>
    </div>
  );
}

type ProposalProps = Props & {
  readonly proposal: NonNullable<DiagnosisFinding['proposal']>;
  readonly isFirst: boolean;
};

function Proposal({ proposal, peering, onChanged, isFirst }: ProposalProps) {
  const t = useTranslations('peering');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const take = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    const answer = await callRest<PeeringObject>('PATCH', peering.links.self, {
      body: { [proposal.field]: proposal.value },
      revision: peering.revision,
    });
    setBusy(false);
    if (answer.isOk) onChanged(answer.value);
    else setProblem(answer.problem);
  };
  return (
    <>
      <dl className="divide-y divide-line border-line border-y">
        <div className="flex gap-x-4 px-5 py-2.5 max-md:flex-col">
          <dt className="w-24 shrink-0 text-small text-text-2">{t('inForm')}</dt>
          <dd className="min-w-0 font-mono text-small [overflow-wrap:anywhere]">
            {peering[proposal.field] ?? t('none')}
          </dd>
        </div>
        <div className="flex gap-x-4 px-5 py-2.5 max-md:flex-col">
          <dt className="w-24 shrink-0 font-semibold text-small">{t('weSee')}</dt>
          <dd className="min-w-0 font-mono text-small [overflow-wrap:anywhere]">
            <mark className="rounded-chip bg-accent-soft box-decoration-clone px-1 text-text">
              {proposal.value}
            </mark>
          </dd>
        </div>
      </dl>
      <div className="px-5 py-4">
        <Button
          blockedBy={peering.can.edit ? undefined : 'may-not-edit'}
          busy={isBusy && t('saving')}
          className="max-md:w-full"
          onClick={take}
          variant={isFirst ? 'primary' : 'plain'}
        >
          {t(`use.${proposal.field}`)}
        </Button>
        {peering.can.edit ? null : (
          <span className="ml-3 text-small text-text-2" id="may-not-edit">
            {t('mayNotEdit')}
          </span>
        )}
        <ProblemNote problem={problem} />
      </div>
    </>
  );
}
