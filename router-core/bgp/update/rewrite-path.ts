/**
 * AS_PATH rewritten on the way out of this AS, by the options of a session.
 *
 * Not standardized, but the same everywhere; BGP specification §6.7. In this order:
 *
 *   remove-private-as   64512–65534 and 4200000000–4294967294 go (RFC 6996 §5)
 *   as-override         the neighbor's AS becomes ours
 *   local-as            our own AS is in front, and before it, written by the caller, the local one
 *
 * Paths are canonical: 4-octet AS numbers, checked. A segment that loses all its numbers goes too.
 *
 * @module
 */
import { at, readUint32, writeUint32 } from '../../base/bytes.ts';
import { prependAs } from '../attribute/as-path.ts';
import {
  CANONICAL_HEADER_BYTES,
  canonicalEnd,
  writeCanonicalHeader,
} from '../attribute/canonical-block.ts';
import { AS_PATH } from '../attribute/table.ts';

export type PathRewrite = {
  readonly removePrivateAs: 'off' | 'all' | 'if-all-private';
  /** This AS becomes `overrideBy`; 0: none does. */
  readonly overrides: number;
  readonly overrideBy: number;
  /** Put in front of the path; 0: nothing. */
  readonly prepends: number;
};

/** A segment of its own for one AS. */
const PREPENDED_BYTES_MAX = 6;

/** RFC 6996 §5. */
export const isPrivateAs = (asn: number): boolean =>
  (asn >= 64512 && asn <= 65534) || (asn >= 4200000000 && asn <= 4294967294);

/** Returns the canonical AS_PATH attribute at `o` of `b`, rewritten: header and path. */
export function rewriteAsPath(b: Uint8Array, o: number, rewrite: PathRewrite): Uint8Array {
  const start = o + CANONICAL_HEADER_BYTES;
  const end = canonicalEnd(b, o);
  const out = new Uint8Array(end - o + PREPENDED_BYTES_MAX);
  const drops =
    rewrite.removePrivateAs === 'all' ||
    (rewrite.removePrivateAs === 'if-all-private' && isAllPrivate(b, start, end));
  let w = CANONICAL_HEADER_BYTES;
  for (let s = start; s < end; ) {
    const next = s + 2 + at(b, s + 1) * 4;
    const segment = w;
    w += 2;
    for (let a = s + 2; a < next; a += 4) {
      const asn = readUint32(b, a);
      if (drops && isPrivateAs(asn)) continue;
      writeUint32(out, w, asn === rewrite.overrides ? rewrite.overrideBy : asn);
      w += 4;
    }
    if (w === segment + 2) w = segment;
    else {
      out[segment] = at(b, s);
      out[segment + 1] = (w - segment - 2) / 4;
    }
    s = next;
  }
  if (rewrite.prepends !== 0) w = prependAs(out, CANONICAL_HEADER_BYTES, w, rewrite.prepends);
  writeCanonicalHeader(out, 0, AS_PATH, w);
  return out.subarray(0, w);
}

function isAllPrivate(b: Uint8Array, start: number, end: number): boolean {
  for (let s = start; s < end; ) {
    const next = s + 2 + at(b, s + 1) * 4;
    for (let a = s + 2; a < next; a += 4) if (!isPrivateAs(readUint32(b, a))) return false;
    s = next;
  }
  return true;
}
