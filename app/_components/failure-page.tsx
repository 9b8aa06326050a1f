/** A broken cable across the page: what happened, what to do, the code. Works without script. */
import type { ReactNode } from 'react';

type Props = {
  readonly title: string;
  readonly text: string;
  readonly code: string;
  readonly reference?: string | undefined;
  readonly action: ReactNode;
};

export function FailurePage({ title, text, code, reference, action }: Props) {
  return (
    <div className="flex flex-col gap-8 py-18">
      <div aria-hidden="true" className="flex items-center">
        <span className="size-4 rounded-full border-2 border-accent-edge bg-accent" />
        <span className="h-[5px] flex-1 border-accent-edge border-y bg-accent" />
        <svg
          aria-hidden="true"
          className="mx-3 shrink-0 stroke-bad"
          fill="none"
          height={24}
          viewBox="0 0 24 24"
          width={24}
        >
          <path d="M5 5l14 14M19 5L5 19" strokeLinecap="round" strokeWidth={4} />
        </svg>
        <span className="dots h-[5px] flex-1" />
        <span className="size-4 rounded-full border-2 border-control" />
      </div>
      <div className="max-w-160">
        <h1 className="font-semibold text-h1">{title}</h1>
        <p className="mt-3 text-lead text-text-2">{text}</p>
        <p className="mt-3 font-mono text-small text-text-3">
          {code}
          {reference === undefined ? null : ` · ${reference}`}
        </p>
        <div className="mt-8">{action}</div>
      </div>
    </div>
  );
}
