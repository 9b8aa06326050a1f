'use client';

/** An original file, pasted or picked: judged, then taken. */
import { useId, useState } from 'react';
import { useTranslations } from 'use-intl';
import { Button, buttonClass } from '../../../../_components/button.tsx';
import { Field } from '../../../../_components/field.tsx';
import { LiveForm } from '../../../../_components/live-form.tsx';
import { ProblemNote } from '../../../../_components/problem-note.tsx';
import { FindingList } from './finding-list.tsx';
import { useMeshChange } from './use-mesh-change.ts';

type Props = {
  readonly node: string;
  readonly instance: 'edge' | 'supernode';
  /** What is in force; absent: nothing. */
  readonly text?: string;
  readonly help: string;
  readonly onDone?: () => void;
};

const ROWS = 14;

export function FileForm({ node, instance, text = '', help, onDone }: Props) {
  const t = useTranslations('meshDesk');
  const id = useId();
  const [value, setValue] = useState(text);
  const change = useMeshChange(node);
  const wrong = change.findings?.filter(({ severity }) => severity === 'error') ?? [];
  const [first] = wrong;
  const isEmpty = value.trim() === '';
  const edit = (next: string): void => {
    setValue(next);
    change.forget();
  };
  return (
    <LiveForm
      className="space-y-3"
      onSubmit={async (event) => {
        event.preventDefault();
        if (isEmpty || change.busy !== undefined) return;
        const isTaken = await change.send({ [instance]: value }, t(`taken.${instance}`));
        if (isTaken) onDone?.();
      }}
      ref={change.form}
    >
      <Field
        aside={
          <label
            className={`${buttonClass('plain', 'small')} cursor-pointer has-focus-visible:outline-2`}
          >
            {t('pickFile')}
            <input
              accept=".yaml,.yml,.txt"
              className="sr-only"
              onChange={async (event) => {
                const [file] = event.target.files ?? [];
                if (file !== undefined) edit(await file.text());
                event.target.value = '';
              }}
              type="file"
            />
          </label>
        }
        help={help}
        label={t(`file.${instance}`)}
        name={instance}
        note={
          first === undefined
            ? undefined
            : { severity: 'error', message: t('wrong', { count: wrong.length }), code: first.code }
        }
        onChange={edit}
        rows={ROWS}
        technical
        value={value}
      />
      <FindingList findings={change.findings} />
      <ProblemNote problem={change.problem} />
      <div className="flex flex-wrap items-center gap-2">
        <Button
          blockedBy={isEmpty ? `${id}-why` : undefined}
          busy={change.busy === 'send' && t('sending')}
          type="submit"
          variant="primary"
        >
          {t(text === '' ? `take.${instance}` : 'save')}
        </Button>
        <Button
          blockedBy={isEmpty ? `${id}-why` : undefined}
          busy={change.busy === 'check' && t('checking')}
          onClick={() => change.check({ [instance]: value })}
        >
          {t('check')}
        </Button>
        {isEmpty ? (
          <span className="text-small text-text-3" id={`${id}-why`}>
            {t('pasteFirst')}
          </span>
        ) : null}
      </div>
    </LiveForm>
  );
}
