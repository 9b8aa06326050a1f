/**
 * `malformed <session or peering>`: the last UPDATEs that broke the rules, with the octets at fault.
 *
 * Standard: RFC 7606 §8 (operators must be able to see them).
 *
 * One row per message, oldest first; offsets count from the first octet of the body, after the header
 * of 19 octets.
 *
 * @module
 */
import { at, toHex } from '../../../base/bytes.ts';
import { formatWallTime } from '../../../base/rfc3339.ts';
import type { MalformedUpdate } from '../../../bgp/index.ts';
import { wallOf } from '../../views.ts';
import type { Query } from './query.ts';
import { sessionsAsked } from './routes-from.ts';

const OCTETS_PER_LINE = 16;

const REACTIONS: Readonly<Record<MalformedUpdate['reaction'], string>> = {
  reset: 'the session was reset (RFC 4271 §6.3)',
  withdraw: 'its routes count as withdrawn (RFC 7606 §2, treat-as-withdraw)',
  discard: 'the attribute was left out, the routes stay (RFC 7606 §2, attribute discard)',
};

type MalformedRow = {
  readonly session: string;
  readonly at: string;
  readonly reaction: MalformedUpdate['reaction'];
  readonly attribute: string | null;
  readonly words: string;
  readonly faultStart: number;
  readonly faultEnd: number;
  /** The body in hexadecimal. */
  readonly octets: string;
  /** The same for people: octets at fault stand in brackets. */
  readonly dump: string;
};

export const malformed: Query = {
  *run(router, input, now) {
    for (const { name, neighbor, vrf } of sessionsAsked(router, input))
      for (const message of vrf.routes.malformed(neighbor)) {
        const { attribute, reaction, body, faultStart, faultEnd } = message;
        const where = attribute === null ? 'the message itself' : `attribute ${attribute}`;
        yield {
          session: name,
          at: formatWallTime(wallOf(router.engine, message.at, now)),
          reaction,
          attribute,
          words: `${where} is malformed: ${REACTIONS[reaction]}`,
          faultStart,
          faultEnd,
          octets: toHex(body),
          dump: dumpWithMarks(body, faultStart, faultEnd),
        } satisfies MalformedRow;
      }
  },
  text(row) {
    const { at: time, session, words, dump } = row as unknown as MalformedRow;
    return `${time}  ${session}  ${words}\n${dump}`;
  },
};

/** Returns lines of 16 octets; those from `start` to before `end` stand in brackets. */
export function dumpWithMarks(body: Uint8Array, start: number, end: number): string {
  const lines: string[] = [];
  for (let line = 0; line < body.length; line += OCTETS_PER_LINE) {
    let text = line.toString(16).padStart(4, '0');
    const lineEnd = Math.min(body.length, line + OCTETS_PER_LINE);
    for (let o = line; o < lineEnd; o++) {
      const isMarked = o >= start && o < end;
      const opens = isMarked && (o === start || o === line);
      const closed = o > line && o === end && end > start;
      text += `${opens ? '[' : closed ? ']' : ' '}${at(body, o).toString(16).padStart(2, '0')}`;
    }
    if (lineEnd > start && lineEnd <= end) text += ']';
    lines.push(text);
  }
  return lines.join('\n');
}
