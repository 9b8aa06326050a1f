'use client';

/** One request with its facts: approve, or reject with a sentence that the network reads. */
import { useRouter } from 'next/navigation';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { AsBadge } from '../../../../_components/as-badge.tsx';
import { Button, ButtonLink } from '../../../../_components/button.tsx';
import { Field } from '../../../../_components/field.tsx';
import { ProblemNote } from '../../../../_components/problem-note.tsx';
import { callRest } from '../../../../_components/rest.ts';
import { StateShape } from '../../../../_components/state-shape.tsx';
import { Age } from '../../../../_components/time.tsx';
import { showToast } from '../../../../_components/toast.tsx';
import type { PeeringObject, Problem } from '../../../../_queries/view-models.ts';

type Props = { readonly peering: PeeringObject; readonly isFirst: boolean };

export function Decide({ peering, isFirst }: Props) {
  const t = useTranslations('operator');
  const router = useRouter();
  const [isRejecting, setRejecting] = useState(false);
  const [reason, setReason] = useState('');
  const [busy, setBusy] = useState<'approve' | 'reject'>();
  const [problem, setProblem] = useState<Problem>();
  const name = peering.networkName ?? `AS${peering.asn}`;

  const decide = async (verb: 'approve' | 'reject'): Promise<void> => {
    setBusy(verb);
    setProblem(undefined);
    const answer = await callRest('POST', `/api/v1/admin/peerings/${peering.id}/${verb}`, {
      body: verb === 'reject' ? { reason: reason.trim() } : {},
    });
    setBusy(undefined);
    if (answer.isOk) {
      showToast(t(verb === 'approve' ? 'approved' : 'rejected', { name }));
      router.refresh();
    } else setProblem(answer.problem);
  };

  return (
    <li className="rounded-card border border-line bg-surface p-5">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <StateShape kind="pending" />
        <h3 className="font-semibold">
          {t('request', { network: name, node: peering.nodePlace ?? peering.node })}
        </h3>
        <AsBadge asn={peering.asn} />
        <span className="text-small text-text-3">
          <Age at={peering.createdAt} />
        </span>
        <span className="ml-auto flex flex-wrap gap-2">
          <ButtonLink href={`/peerings/${peering.id}`} size="small" variant="quiet">
            {t('details')}
          </ButtonLink>
          <Button
            aria-expanded={isRejecting}
            onClick={() => setRejecting(!isRejecting)}
            size="small"
          >
            {t('reject')}
          </Button>
          <Button
            busy={busy === 'approve' && t('approving')}
            onClick={() => decide('approve')}
            size="small"
            variant={isFirst ? 'primary' : 'plain'}
          >
            {t('approve')}
          </Button>
        </span>
      </div>
      <dl className="mt-3 flex flex-wrap gap-x-8 gap-y-1 text-small">
        <Fact label={t('endpoint')} value={peering.endpoint ?? t('none')} />
        <Fact label={t('policy')} value={peering.policy} />
        <Fact label={t('contact')} value={peering.admin?.contact ?? t('none')} />
        {(peering.admin?.approvalReasons ?? []).map((why) => (
          <Fact key={why} label={t('why')} value={why} />
        ))}
      </dl>
      {peering.admin?.remark == null ? null : (
        <blockquote className="mt-3 border-line-2 border-l-2 pl-3 text-text-2 [overflow-wrap:anywhere]">
          {peering.admin.remark}
        </blockquote>
      )}
      {isRejecting ? (
        <form
          className="mt-4 flex items-end gap-2 max-md:flex-col max-md:items-stretch"
          onSubmit={(event) => {
            event.preventDefault();
            if (reason.trim() !== '') decide('reject');
          }}
        >
          <div className="flex-1">
            <Field
              help={t('reasonHelp')}
              label={t('reason')}
              maxLength={200}
              name="reason"
              onChange={setReason}
              value={reason}
            />
          </div>
          <Button
            blockedBy={reason.trim() === '' ? 'reason-needed' : undefined}
            busy={busy === 'reject' && t('rejecting')}
            className="md:mb-6"
            type="submit"
            variant="danger"
          >
            {t('rejectNow')}
          </Button>
          <span className="sr-only" id="reason-needed">
            {t('reasonNeeded')}
          </span>
        </form>
      ) : null}
      <ProblemNote problem={problem} />
    </li>
  );
}

function Fact({ label, value }: { readonly label: string; readonly value: string }) {
  return (
    <div className="flex gap-2">
      <dt className="text-text-3">{label}</dt>
      <dd className="[overflow-wrap:anywhere]">{value}</dd>
    </div>
  );
}
