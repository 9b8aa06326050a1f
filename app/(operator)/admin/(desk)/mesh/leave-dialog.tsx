'use client';

/** Ends a part in the mesh only after the node's name was typed. A native dialog: Esc leaves, focus stays inside. */
import { useRouter } from 'next/navigation';
import { type RefObject, useId, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button } from '../../../../_components/button.tsx';
import { Field } from '../../../../_components/field.tsx';
import { ProblemNote } from '../../../../_components/problem-note.tsx';
import { callRest } from '../../../../_components/rest.ts';
import { showToast } from '../../../../_components/toast.tsx';
import type { Problem } from '../../../../_queries/view-models.ts';

type Props = {
  readonly node: string;
  readonly instance: 'edge' | 'supernode';
  readonly ref: RefObject<HTMLDialogElement | null>;
};

export function LeaveDialog({ node, instance, ref }: Props) {
  const t = useTranslations('meshDesk');
  const id = useId();
  const router = useRouter();
  const [typed, setTyped] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const isRight = typed.trim() === node;

  const leave = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    const answer = await callRest(
      'DELETE',
      `/api/v1/admin/nodes/${encodeURIComponent(node)}/mesh`,
      {
        body: { confirm: node, instance },
      },
    );
    setBusy(false);
    if (!answer.isOk) {
      setProblem(answer.problem);
      return;
    }
    ref.current?.close();
    showToast(t(`left.${instance}`));
    router.refresh();
  };

  return (
    <dialog
      aria-labelledby={`${id}-title`}
      className="w-[30rem] max-w-[calc(100vw-2rem)] rounded-card border border-line bg-raised p-6 shadow-float backdrop:bg-[rgb(0_0_0/45%)]"
      onClose={() => setTyped('')}
      ref={ref}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isRight && !isBusy) leave();
        }}
      >
        <h2 className="font-semibold text-h2" id={`${id}-title`}>
          {t(`leaveTitle.${instance}`)}
        </h2>
        <p className="mt-2 mb-5 text-text-2">{t(`leaveText.${instance}`)}</p>
        <Field
          label={t('leaveType', { node })}
          name="confirm"
          onChange={setTyped}
          technical
          value={typed}
        />
        <ProblemNote problem={problem} />
        <div className="mt-5 flex flex-wrap items-center justify-end gap-2">
          {isRight ? null : (
            <span className="mr-auto text-small text-text-3" id={`${id}-why`}>
              {t('leaveWhy')}
            </span>
          )}
          <Button onClick={() => ref.current?.close()} variant="quiet">
            {t('cancel')}
          </Button>
          <Button
            blockedBy={isRight ? undefined : `${id}-why`}
            busy={isBusy && t('leaving')}
            type="submit"
            variant="danger"
          >
            {t(`leave.${instance}`)}
          </Button>
        </div>
      </form>
    </dialog>
  );
}
