/**
 * The walk over IPv6 extension headers, up to what the packet carries.
 *
 * Standard: RFC 8200 §4; RFC 5095 (routing type 0 is an unknown routing type); RFC 6946 (a fragment
 * header of a whole packet is no fragmentation); RFC 2711 (router alert, which we pass over).
 *
 * Only packets for us are walked, and those we are about to report an error about. A packet that is
 * forwarded is not looked into: RFC 8200 §4.8 lets a router skip hop-by-hop options.
 *
 * Invariant: at most `EXTENSION_HEADERS_MAX` headers and every option of them are read, all of them
 * between start and end.
 *
 * @module
 */
import { at, readUint16 } from '../base/bytes.ts';
import {
  extensionHeaderBytes,
  IPV6_FRAGMENT_HEADER_BYTES,
  IPV6_HEADER_BYTES,
  ipv6NextHeader,
  PROTOCOL_DESTINATION_OPTIONS,
  PROTOCOL_FRAGMENT,
  PROTOCOL_HOP_BY_HOP,
  PROTOCOL_ROUTING,
  ROUTING_SEGMENTS_LEFT,
  ROUTING_TYPE,
} from '../packet/index.ts';
import { EXTENSION_HEADERS_MAX } from './limits.ts';

/** How a walk ended; with anything but `WALK_DONE`, `pointer` names the octet at fault. */
export const WALK_DONE = 0;
/** A length leads out of the packet, or there are too many headers. */
export const WALK_MALFORMED = 1;
/** A routing header that wants us to send the packet on. */
export const WALK_ROUTING = 2;
/** An unknown option whose sender wants to hear about it. */
export const WALK_OPTION = 3;
/** An unknown option whose packet is to be dropped in silence. */
export const WALK_OPTION_SILENT = 4;

/** The result of the last walk; one object, written anew each time. */
export class ExtensionWalk {
  outcome = WALK_DONE;
  /** What the packet carries, or the first header that is no extension header we know. */
  protocol = 0;
  /** Where that begins, absolute. */
  offset = 0;
  /** Octets from the start of the packet to the field that names `protocol`, or to what is at fault. */
  pointer = 0;
  /** Whether the packet is a part of a larger one, and in octets where it belongs. */
  isFragment = false;
  fragmentOffset = 0;
  /** Of a fragment: where its header begins, and the octet that names that, absolute. */
  fragmentAt = 0;
  fragmentNamedAt = 0;
}

const OPTION_PAD1 = 0;
/** RFC 8200 §4.2: the high bits of an unknown option's type say what to do. */
const OPTION_ACTION_SKIP = 0;
const OPTION_ACTION_DISCARD = 1;

/** Walks the packet whose complete IPv6 header stands at `start`. */
export function walkExtensionHeaders(
  walk: ExtensionWalk,
  b: Uint8Array,
  start: number,
  end: number,
): void {
  walk.outcome = WALK_DONE;
  walk.protocol = ipv6NextHeader(b, start);
  walk.offset = start + IPV6_HEADER_BYTES;
  walk.pointer = 6;
  walk.isFragment = false;
  walk.fragmentOffset = 0;
  for (let headers = 0; isExtensionHeader(walk.protocol, headers); headers++) {
    const i = walk.offset;
    if (headers === EXTENSION_HEADERS_MAX || end - i < 8)
      return fail(walk, start, i, WALK_MALFORMED);
    const isFragmentHeader = walk.protocol === PROTOCOL_FRAGMENT;
    const bytes = isFragmentHeader ? IPV6_FRAGMENT_HEADER_BYTES : extensionHeaderBytes(b, i);
    if (i + bytes > end) return fail(walk, start, i + 1, WALK_MALFORMED);
    if (isFragmentHeader) {
      // A fragment of a fragment: nobody makes those.
      if (walk.isFragment) return fail(walk, start, i, WALK_MALFORMED);
      const field = readUint16(b, i + 2);
      walk.fragmentOffset = field & 0xfff8;
      walk.isFragment = (field & 0xfff9) !== 0;
      walk.fragmentAt = i;
      walk.fragmentNamedAt = start + walk.pointer;
      // Behind the first part of a packet there is payload, no header.
      if (walk.fragmentOffset !== 0) return;
    } else if (walk.protocol === PROTOCOL_ROUTING) {
      // RFC 8200 §4.4: an unknown routing type is passed over when no segment is left.
      if (b[i + ROUTING_SEGMENTS_LEFT] !== 0)
        return fail(walk, start, i + ROUTING_TYPE, WALK_ROUTING);
    } else if (!walkOptions(walk, b, start, i + 2, i + bytes)) {
      return;
    }
    walk.pointer = i - start;
    walk.protocol = at(b, i);
    walk.offset = i + bytes;
  }
}

/** RFC 8200 §4.1: hop-by-hop options stand right behind the IPv6 header or are not known. */
const isExtensionHeader = (protocol: number, headersBefore: number): boolean =>
  protocol === PROTOCOL_FRAGMENT ||
  protocol === PROTOCOL_DESTINATION_OPTIONS ||
  protocol === PROTOCOL_ROUTING ||
  (protocol === PROTOCOL_HOP_BY_HOP && headersBefore === 0);

/** Whether every option between `i` and `end` may be passed over (RFC 8200 §4.2). */
function walkOptions(
  walk: ExtensionWalk,
  b: Uint8Array,
  start: number,
  i: number,
  end: number,
): boolean {
  while (i < end) {
    const type = at(b, i);
    if (type === OPTION_PAD1) {
      i++;
      continue;
    }
    if (end - i < 2 || i + 2 + at(b, i + 1) > end) {
      fail(walk, start, i, WALK_MALFORMED);
      return false;
    }
    // PadN and router alert carry the action "skip", as whatever else may be ignored.
    const action = type >>> 6;
    if (action !== OPTION_ACTION_SKIP) {
      fail(walk, start, i, action === OPTION_ACTION_DISCARD ? WALK_OPTION_SILENT : WALK_OPTION);
      return false;
    }
    i += 2 + at(b, i + 1);
  }
  return true;
}

function fail(walk: ExtensionWalk, start: number, at: number, outcome: number): void {
  walk.outcome = outcome;
  walk.pointer = at - start;
}
