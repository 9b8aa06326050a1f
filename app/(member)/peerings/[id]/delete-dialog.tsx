'use client';

/** Deletes only after the AS number was typed. A native dialog: Esc leaves, focus stays inside. */
import { type RefObject, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../_components/button.tsx';
import { Field } from '../../../_components/field.tsx';
import { ProblemNote } from '../../../_components/problem-note.tsx';
import { callRest } from '../../../_components/rest.ts';
import type { PeeringObject, Problem } from '../../../_queries/view-models.ts';

type Props = {
  readonly peering: PeeringObject;
  readonly onDeleted: () => void;
  readonly ref: RefObject<HTMLDialogElement | null>;
};

export function DeleteDialog({ peering, onDeleted, ref }: Props) {
  const t = useTranslations('peering');
  const [typed, setTyped] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const isRight = typed.trim().replace(/^as/i, '') === String(peering.asn);

  const remove = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    const answer = await callRest('DELETE', peering.links.self, {
      body: { confirm: String(peering.asn) },
      revision: peering.revision,
    });
    setBusy(false);
    if (!answer.isOk) {
      setProblem(answer.problem);
      return;
    }
    ref.current?.close();
    onDeleted();
  };

  return (
    <dialog
      aria-labelledby="delete-title"
      className="w-[30rem] max-w-[calc(100vw-2rem)] rounded-card border border-line bg-raised p-6 shadow-float backdrop:bg-[rgb(0_0_0/45%)]"
      onClose={() => setTyped('')}
      ref={ref}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isRight && !isBusy) remove();
        }}
      >
        <h2 className="font-semibold text-h2" id="delete-title">
          {t('deleteTitle', { node: peering.nodePlace ?? peering.node })}
        </h2>
        <p className="mt-2 mb-5 text-text-2">{t('deleteText')}</p>
        <Field
          inputMode="numeric"
          label={t('deleteType', { asn: String(peering.asn) })}
          maxLength={14}
          name="confirm"
          onChange={setTyped}
          technical
          value={typed}
        />
        <ProblemNote problem={problem} />
        <div className="mt-5 flex flex-wrap items-center justify-end gap-2">
          {isRight ? null : (
            <span className="mr-auto text-small text-text-3" id="delete-why">
              {t('deleteWhy')}
            </span>
          )}
          <Button onClick={() => ref.current?.close()} variant="quiet">
            {t('cancel')}
          </Button>
          <Button
            blockedBy={isRight ? undefined : 'delete-why'}
            busy={isBusy && t('deleting')}
            type="submit"
            variant="danger"
          >
            {t('delete')}
          </Button>
        </div>
      </form>
    </dialog>
  );
}
