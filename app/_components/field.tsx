'use client';

/**
 * A labelled field with its sentence: right, warning or wrong, and the code at the right.
 *
 * Not standardized; design §4 "field". The caller decides when to check: on leaving the field, never
 * while typing. Sentence and code are the field's description (`aria-describedby`).
 */
import { clsx } from 'clsx';
import { type ChangeEvent, type ReactNode, useId } from 'react';
import { useTranslations } from 'use-intl';
import { type ChipKind, StateShape } from './state-shape.tsx';
import { withCode } from './with-code.tsx';

export type FieldNote = {
  readonly severity: 'right' | 'warning' | 'error';
  readonly message: string;
  readonly hint?: string;
  readonly code?: string;
};

type Props = {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onLeave?: () => void;
  readonly note?: FieldNote | undefined;
  /** Help that is always there. */
  readonly help?: ReactNode;
  /** Values one copies or compares. */
  readonly technical?: boolean;
  readonly isOptional?: boolean;
  /** We filled it in. */
  readonly isFilledIn?: boolean;
  /** Fixed elsewhere; says where. */
  readonly fixedBy?: string | undefined;
  /** At the right of the label: a check box, a link. */
  readonly aside?: ReactNode;
  /** At the right of the field: a button. */
  readonly beside?: ReactNode;
  readonly rows?: number;
  readonly type?: 'text' | 'password' | 'email';
  readonly inputMode?: 'text' | 'numeric';
  readonly placeholder?: string;
  readonly autoComplete?: string;
  readonly isOff?: boolean;
  readonly maxLength?: number;
};

const NOTE: Record<FieldNote['severity'], { readonly shape: ChipKind; readonly ink: string }> = {
  right: { shape: 'ok', ink: 'text-text-2' },
  warning: { shape: 'warn', ink: 'text-warn' },
  error: { shape: 'down', ink: 'text-bad' },
};

export const FIELD_CLASS =
  'block w-full rounded-control border border-control bg-surface px-3 py-2 leading-5 transition-colors duration-120 placeholder:text-text-3 hover:border-text-2 [&[readonly]]:bg-sunken disabled:border-dashed disabled:bg-transparent disabled:text-text-3 max-md:min-h-11';

export function Field(props: Props) {
  const t = useTranslations('ui');
  const id = useId();
  const { label, name, value, note, help, technical, rows, fixedBy, isOff } = props;
  const describedBy = [
    note === undefined ? '' : `${id}-note`,
    help === undefined && fixedBy === undefined ? '' : `${id}-help`,
  ]
    .filter(Boolean)
    .join(' ');
  const shared = {
    id,
    name,
    value,
    'aria-describedby': describedBy === '' ? undefined : describedBy,
    'aria-invalid': note?.severity === 'error' ? true : undefined,
    autoCapitalize: technical === true ? 'none' : undefined,
    autoCorrect: technical === true ? 'off' : undefined,
    autoComplete: props.autoComplete ?? 'off',
    className: clsx(
      FIELD_CLASS,
      technical === true && 'font-mono text-small',
      note?.severity === 'error' && '-outline-offset-1 border-bad ring-1 ring-bad ring-inset',
    ),
    disabled: isOff === true,
    maxLength: props.maxLength,
    onBlur: props.onLeave,
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      props.onChange(event.target.value),
    placeholder: props.placeholder,
    readOnly: fixedBy !== undefined,
    spellCheck: technical !== true,
  };
  return (
    <div className="min-w-0">
      <div className="mb-1.5 flex min-h-5 items-center justify-between gap-3">
        <label className="font-medium text-small" htmlFor={id}>
          {label}
          {props.isOptional === true ? (
            <span className="ml-1.5 font-normal text-text-3">{t('optional')}</span>
          ) : null}
          {props.isFilledIn === true ? (
            <span className="ml-2 rounded-chip border border-line-2 px-1.5 py-px font-medium text-caption text-text-2">
              {t('filledIn')}
            </span>
          ) : null}
        </label>
        {props.aside}
      </div>
      <div className="flex gap-2">
        {rows === undefined ? (
          <input {...shared} inputMode={props.inputMode} type={props.type ?? 'text'} />
        ) : (
          <textarea {...shared} rows={rows} />
        )}
        {props.beside}
      </div>
      {note === undefined ? null : <Note id={`${id}-note`} note={note} />}
      {fixedBy !== undefined ? (
        <p className="mt-1.5 text-small text-text-3" id={`${id}-help`}>
          {t('fixedBy', { where: fixedBy })}
        </p>
      ) : help === undefined ? null : (
        <p className="mt-1.5 text-small text-text-3" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}

/** The sentence under a field or above a button. */
export function Note({ id, note }: { readonly id?: string; readonly note: FieldNote }) {
  const { shape, ink } = NOTE[note.severity];
  return (
    <p className="mt-1.5 flex items-start gap-2 text-small" id={id}>
      <span className="mt-0.5">
        <StateShape kind={shape} size={14} />
      </span>
      <span className="min-w-0 flex-1 [overflow-wrap:anywhere]">
        <span className={ink}>{withCode(note.message)}</span>
        {note.hint === undefined ? null : (
          <span className="text-text-2"> {withCode(note.hint)}</span>
        )}
      </span>
      {note.code === undefined ? null : (
        <code className="shrink-0 font-mono text-caption text-text-3 leading-5">{note.code}</code>
      )}
    </p>
  );
}
