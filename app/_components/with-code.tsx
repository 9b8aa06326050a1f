/** A sentence in which commands and values stand between backquotes, as findings write them. */
import type { ReactNode } from 'react';

export const withCode = (text: string): ReactNode =>
  text.split('`').map((part, at) =>
    at % 2 === 1 ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of one sentence never move
      <code className="font-mono" key={at}>
        {part}
      </code>
    ) : (
      part
    ),
  );
