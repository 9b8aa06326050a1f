/** Nothing here yet: a slack cable, a sentence, the one action. Design §4 "empty state". */
import type { ReactNode } from 'react';
import { Cable } from './cable.tsx';

type Props = {
  readonly title: string;
  readonly text: ReactNode;
  readonly action?: ReactNode;
};

export function EmptyState({ title, text, action }: Props) {
  return (
    <div className="flex flex-col items-start gap-3">
      <Cable state="waiting" width={72} />
      <div>
        <h2 className="font-semibold text-section">{title}</h2>
        <p className="text-text-2">{text}</p>
      </div>
      {action}
    </div>
  );
}
