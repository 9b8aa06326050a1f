/**
 * Text to paste: file name, copy button, own values under the highlighter.
 *
 * Not standardized; design §4 "code block". What is copied is `text`, byte for byte.
 */
import type { ReactNode } from 'react';
import { CopyButton } from './copy-button.tsx';
import { Skeleton } from './skeleton.tsx';

type Props = {
  readonly text: string;
  /** Substrings that came from the reader. */
  readonly highlights?: readonly string[];
  /** File name or tabs; without it there is no head. */
  readonly head?: ReactNode;
  /** What the copy button copies, in words. */
  readonly what: string;
  /**
   * The text is not there yet: says what is being waited for. `text` then only takes the place, and
   * neither eye, screen reader nor clipboard gets any of it.
   */
  readonly waitingFor?: string | undefined;
};

export function CodeBlock({ text, highlights = [], head, what, waitingFor }: Props) {
  const isWaiting = waitingFor !== undefined;
  return (
    <div className="overflow-hidden rounded-block border border-line bg-sunken">
      {head === undefined ? null : (
        <div className="flex min-h-11 items-center justify-between gap-3 border-line border-b bg-surface py-1 pr-1.5 pl-3.5 md:min-h-10">
          {head}
          <span className={isWaiting ? 'invisible' : undefined}>
            <CopyButton labelled value={isWaiting ? '' : text} what={what} />
          </span>
        </div>
      )}
      <div className="relative">
        {isWaiting ? (
          <div className="absolute inset-x-4 top-3.5">
            <Skeleton label={waitingFor} rowClass="h-5" rows={3} />
          </div>
        ) : null}
        <pre className="whitespace-pre-wrap px-4 py-3.5 font-mono text-code [overflow-wrap:anywhere]">
          {isWaiting ? (
            <code aria-hidden="true" className="invisible">
              {`${lettersOff(text)}\n`}
            </code>
          ) : (
            <code>{text.split('\n').map((line, at) => highlightLine(line, at, highlights))}</code>
          )}
        </pre>
      </div>
    </div>
  );
}

/** Breaks into lines where the text will, and says nothing. */
const lettersOff = (text: string): string => text.replace(/[a-z]/gi, 'x').replace(/[0-9]/g, '0');

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
