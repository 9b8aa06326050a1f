/** One numbered station of the set-up. */
import type { ReactNode } from 'react';

type Props = {
  readonly number: number;
  readonly title: string;
  readonly text: string;
  readonly children: ReactNode;
};

export function SetupSection({ number, title, text, children }: Props) {
  return (
    <li className="relative border-line-2 border-b py-7 pl-10">
      <span
        aria-hidden="true"
        className="absolute top-7 left-0 grid size-6 place-items-center rounded-full border-2 border-text bg-bg font-semibold text-caption"
      >
        {number}
      </span>
      <h2 className="font-semibold text-section">{title}</h2>
      <p className="mb-5 text-text-2">{text}</p>
      <div className="space-y-5">{children}</div>
    </li>
  );
}
