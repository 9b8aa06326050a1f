'use client';

/** Deletes only after the AS number was typed. */
import type { RefObject } from 'react';
import { useTranslations } from 'use-intl';
import { callRest } from '../../../_components/rest.ts';
import { TypedConfirmation } from '../../../_components/typed-confirmation.tsx';
import type { PeeringObject } from '../../../_queries/view-models.ts';

type Props = {
  readonly peering: PeeringObject;
  readonly onDeleted: () => void;
  readonly ref: RefObject<HTMLDialogElement | null>;
};

export function DeleteDialog({ peering, onDeleted, ref }: Props) {
  const t = useTranslations('peering');
  const asn = String(peering.asn);
  return (
    <TypedConfirmation
      act={async () => {
        const answer = await callRest('DELETE', peering.links.self, {
          body: { confirm: asn },
          revision: peering.revision,
        });
        return answer.isOk ? undefined : answer.problem;
      }}
      busy={t('deleting')}
      cancel={t('cancel')}
      confirm={t('delete')}
      done={onDeleted}
      field={{ inputMode: 'numeric', label: t('deleteType', { asn }), maxLength: 14 }}
      isRight={(typed) => typed.replace(/^as/i, '') === asn}
      ref={ref}
      text={t('deleteText')}
      title={t('deleteTitle', { node: peering.nodePlace ?? peering.node })}
      why={t('deleteWhy')}
    />
  );
}
