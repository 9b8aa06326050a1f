'use client';

/** A value to take along: read only, the whole field is copied. Design §4 "copy field". */
import { useId } from 'react';
import { CopyButton } from './copy-button.tsx';

type Props = { readonly label: string; readonly value: string };

export function CopyField({ label, value }: Props) {
  const id = useId();
  return (
    <div className="min-w-0">
      <label className="mb-1.5 block min-h-5 font-medium text-small" htmlFor={id}>
        {label}
      </label>
      <div className="flex items-center rounded-control border border-line-2 bg-sunken pr-1.5 max-md:min-h-11">
        <input
          className="min-w-0 flex-1 bg-transparent px-3 py-2 font-mono text-small leading-5"
          id={id}
          onFocus={(event) => event.target.select()}
          readOnly
          value={value}
        />
        <CopyButton value={value} what={label} />
      </div>
    </div>
  );
}
