'use client';

/** What cannot be taken back is done only after a word was typed. A native dialog: Esc leaves, focus stays inside. */
import { type ReactNode, type RefObject, useId, useState } from 'react';
import type { Problem } from '../_queries/view-models.ts';
import { Button } from './button.tsx';
import { Field } from './field.tsx';
import { ProblemNote } from './problem-note.tsx';

type Props = {
  readonly ref: RefObject<HTMLDialogElement | null>;
  readonly title: string;
  readonly text: ReactNode;
  readonly field: {
    readonly label: string;
    readonly inputMode?: 'numeric';
    readonly maxLength?: number;
  };
  readonly isRight: (typed: string) => boolean;
  /** Why the button does nothing yet. */
  readonly why: string;
  readonly cancel: string;
  readonly confirm: string;
  readonly busy: string;
  /** Returns what went wrong; without a problem the dialog closes, and `done` is called. */
  readonly act: () => Promise<Problem | undefined>;
  readonly done: () => void;
};

export function TypedConfirmation(props: Props) {
  const { ref, title, text, field, isRight, why, cancel, confirm, busy, act, done } = props;
  const id = useId();
  const [typed, setTyped] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const isReady = isRight(typed.trim());

  const go = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    const wrong = await act();
    setBusy(false);
    if (wrong !== undefined) {
      setProblem(wrong);
      return;
    }
    ref.current?.close();
    done();
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
          if (isReady && !isBusy) go();
        }}
      >
        <h2 className="font-semibold text-h2" id={`${id}-title`}>
          {title}
        </h2>
        <p className="mt-2 mb-5 text-text-2">{text}</p>
        <Field {...field} name="confirm" onChange={setTyped} technical value={typed} />
        <ProblemNote problem={problem} />
        <div className="mt-5 flex flex-wrap items-center justify-end gap-2">
          {isReady ? null : (
            <span className="mr-auto text-small text-text-3" id={`${id}-why`}>
              {why}
            </span>
          )}
          <Button onClick={() => ref.current?.close()} variant="quiet">
            {cancel}
          </Button>
          <Button
            blockedBy={isReady ? undefined : `${id}-why`}
            busy={isBusy && busy}
            type="submit"
            variant="danger"
          >
            {confirm}
          </Button>
        </div>
      </form>
    </dialog>
  );
}
