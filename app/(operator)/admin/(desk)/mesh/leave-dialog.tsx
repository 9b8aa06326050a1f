'use client';

/** Ends a part in the mesh only after the node's name was typed. */
import { useRouter } from 'next/navigation';
import type { RefObject } from 'react';
import { useTranslations } from 'use-intl';
import { callRest } from '../../../../_components/rest.ts';
import { showToast } from '../../../../_components/toast.tsx';
import { TypedConfirmation } from '../../../../_components/typed-confirmation.tsx';

type Props = {
  readonly node: string;
  readonly instance: 'edge' | 'supernode';
  readonly ref: RefObject<HTMLDialogElement | null>;
};

export function LeaveDialog({ node, instance, ref }: Props) {
  const t = useTranslations('meshDesk');
  const router = useRouter();
  return (
    <TypedConfirmation
      act={async () => {
        const url = `/api/v1/admin/nodes/${encodeURIComponent(node)}/mesh`;
        const answer = await callRest('DELETE', url, { body: { confirm: node, instance } });
        return answer.isOk ? undefined : answer.problem;
      }}
      busy={t('leaving')}
      cancel={t('cancel')}
      confirm={t(`leave.${instance}`)}
      done={() => {
        showToast(t(`left.${instance}`));
        router.refresh();
      }}
      field={{ label: t('leaveType', { node }) }}
      isRight={(typed) => typed === node}
      ref={ref}
      text={t(`leaveText.${instance}`)}
      title={t(`leaveTitle.${instance}`)}
      why={t('leaveWhy')}
    />
  );
}
