/**
 * Text to paste: file name, copy button, own values under the highlighter.
 *
 * Not standardized; design §4 "code block". What is copied is `text`, byte for byte.
 */
import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';

type Props = {
  readonly text: string;
  /** Substrings that came from the reader. */
  readonly highlights?: readonly string[];
  /** File name or tabs; without it there is no head. */
  readonly head?: ReactNode;
  /** What the copy button copies, in words. */
  readonly what: string;
};

export function CodeBlock({ text, highlights = [], head, what }: Props) {
  return (
    <div className="overflow-hidden rounded-block border border-line bg-sunken">
      {head === undefined ? null : (
        <div className="flex min-h-11 items-center justify-between gap-3 border-line border-b bg-surface py-1 pr-1.5 pl-3.5 md:min-h-10">
          {head}
          <CopyButton labelled value={text} what={what} />
        </div>
      )}
      <pre className="whitespace-pre-wrap px-4 py-3.5 font-mono text-code [overflow-wrap:anywhere]">
        <code>{text.split('\n').map((line, at) => highlightLine(line, at, highlights))}</code>
      </pre>
    </div>
  );
}

function highlightLine(line: string, at: number, highlights: readonly string[]): ReactNode {
  const end = '\n';
  if (/^\s*(#|!|\/\/)/.test(line)) {
    return (
      <span className="text-text-3" key={at}>
        {line + end}
      </span>
    );
  }
  return (
    <span key={at}>
      {splitByMarks(line, highlights).map((piece) =>
        piece.isMarked ? (
          <mark
            className="-mx-0.5 rounded-chip bg-accent-soft box-decoration-clone px-0.5 text-text"
            key={piece.from}
          >
            {piece.text}
          </mark>
        ) : (
          <span className={piece.isPlaceholder ? 'text-text-3' : undefined} key={piece.from}>
            {piece.text}
          </span>
        ),
      )}
      {end}
    </span>
  );
}

type Piece = {
  readonly from: number;
  readonly text: string;
  readonly isMarked: boolean;
  readonly isPlaceholder: boolean;
};

/** Cuts a line at the values to mark and at `<placeholders>`. A value counts only as a whole word. */
export function splitByMarks(line: string, highlights: readonly string[]): Piece[] {
  const words = highlights.filter((word) => word !== '').map(escapePattern);
  const word = words.length === 0 ? '(?!)' : words.sort((a, b) => b.length - a.length).join('|');
  const pattern = new RegExp(`(?<![\\w.:/])(?:${word})(?![\\w:/]|\\.\\w)|<[a-z ]+>`, 'g');
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of line.matchAll(pattern)) {
    if (match.index > from) pieces.push(plain(line, from, match.index));
    const isPlaceholder = match[0].startsWith('<');
    pieces.push({ from: match.index, text: match[0], isMarked: !isPlaceholder, isPlaceholder });
    from = match.index + match[0].length;
  }
  if (from < line.length) pieces.push(plain(line, from, line.length));
  return pieces;
}

const plain = (line: string, from: number, to: number): Piece => ({
  from,
  text: line.slice(from, to),
  isMarked: false,
  isPlaceholder: false,
});

const escapePattern = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
