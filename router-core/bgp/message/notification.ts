/**
 * NOTIFICATION: why a session ends, and the text an operator may add to it.
 *
 * Standard: RFC 4271 §4.5; RFC 9003 §2 (shutdown communication); RFC 8538 §3.1 (hard reset).
 *
 *   header 19 | code 1 | subcode 1 | data …
 *
 * An error in the content of a NOTIFICATION is never answered: reading one always succeeds, and a
 * communication that is not what RFC 9003 says is shown in hex.
 *
 * @module
 */
import { at, toHex } from '../../base/bytes.ts';
import { printable } from '../../base/printable.ts';
import {
  ADMINISTRATIVE_RESET,
  ADMINISTRATIVE_SHUTDOWN,
  CEASE,
  HARD_RESET,
  HEADER_BYTES,
  NOTIFICATION,
} from '../constants.ts';
import type { BgpNotification } from '../types.ts';
import { newMessage } from './header.ts';
import { NOTIFICATION_NAMES } from './notification-names.ts';

/** RFC 9003 §2: one octet of length. Receivers of RFC 8203 alone stop at 128. */
export const SHUTDOWN_TEXT_BYTES_MAX = 255;
/** What we keep of a NOTIFICATION's data; the longest thing anybody shows is a hard reset's text. */
const DATA_BYTES_KEPT = 512;

/** A NOTIFICATION in words. */
export type NotificationWords = {
  /** The name of the standard, e.g. `Cease: Administrative Shutdown`. */
  readonly name: string;
  /** What its sender means, in a sentence. */
  readonly sentence: string;
  /** The operator's text (RFC 9003), printable; octets in hex when they are no such text. */
  readonly text?: string;
};

const NO_DATA = new Uint8Array(0);

/** Returns a notification as a value, without data unless given. */
export const notification = (
  code: number,
  subcode: number,
  data: Uint8Array = NO_DATA,
): BgpNotification => ({ code, subcode, data });

/** Returns a Cease with an operator's text, cut at a character so that it fits 255 octets. */
export function ceaseWithText(subcode: number, text: string): BgpNotification {
  const encoded = encodeText(printable(text));
  if (encoded.length === 0) return notification(CEASE, subcode);
  const data = new Uint8Array(1 + encoded.length);
  data[0] = encoded.length;
  data.set(encoded, 1);
  return notification(CEASE, subcode, data);
}

/** Returns the whole message. */
export function buildNotification({ code, subcode, data }: BgpNotification): Uint8Array {
  const message = newMessage(NOTIFICATION, 2 + data.length);
  message[HEADER_BYTES] = code;
  message[HEADER_BYTES + 1] = subcode;
  message.set(data, HEADER_BYTES + 2);
  return message;
}

/** Reads the message from `start` to `end`, header included and checked. */
export function readNotification(b: Uint8Array, start: number, end: number): BgpNotification {
  const data = start + HEADER_BYTES + 2;
  return {
    code: at(b, data - 2),
    subcode: at(b, data - 1),
    data: b.slice(data, Math.min(end, data + DATA_BYTES_KEPT)),
  };
}

/** Returns name, sentence and text of a NOTIFICATION, for people. */
export function describeNotification(of: BgpNotification): NotificationWords {
  const inner = hardResetReason(of);
  if (inner !== undefined) {
    const words = describeNotification(inner);
    const outer = namesOf(of);
    return { ...words, name: `${outer.name} (${words.name})` };
  }
  const text = shutdownText(of);
  return text === undefined ? namesOf(of) : { ...namesOf(of), text };
}

/** Returns `name (code/subcode)` and the text: one line for logs and events. */
export function formatNotification(of: BgpNotification): string {
  const { name, text } = describeNotification(of);
  const line = `${name} (${of.code}/${of.subcode})`;
  return text === undefined ? line : `${line}: ${text}`;
}

/** Returns the printable text of a shutdown or reset, or undefined when there is none. */
export function shutdownText({ code, subcode, data }: BgpNotification): string | undefined {
  if (code !== CEASE) return undefined;
  if (subcode !== ADMINISTRATIVE_SHUTDOWN && subcode !== ADMINISTRATIVE_RESET) return undefined;
  if (data.length === 0) return undefined;
  const length = at(data, 0);
  if (length + 1 > data.length) return `0x${toHex(data)}`;
  if (length === 0) return undefined;
  const octets = data.subarray(1, 1 + length);
  return printable(decodeUtf8(octets) ?? `0x${toHex(octets)}`);
}

/** RFC 8538 §3.1: the data of a hard reset is the NOTIFICATION it stands for. */
function hardResetReason({ code, subcode, data }: BgpNotification): BgpNotification | undefined {
  if (code !== CEASE || subcode !== HARD_RESET || data.length < 2) return undefined;
  const inner = notification(at(data, 0), at(data, 1), data.subarray(2));
  // A reset within a reset has no meaning; hostile data must not nest.
  return inner.code === CEASE && inner.subcode === HARD_RESET ? undefined : inner;
}

function namesOf({ code, subcode }: BgpNotification): NotificationWords {
  const known = NOTIFICATION_NAMES[code];
  if (known === undefined)
    return {
      name: `Unknown Error ${code}/${subcode}`,
      sentence: 'The session was ended for a reason that has no name here.',
    };
  const detail = known.subcodes[subcode];
  if (detail !== undefined)
    return { name: `${known.name}: ${detail.name}`, sentence: detail.sentence };
  return {
    name: subcode === 0 ? known.name : `${known.name}: Subcode ${subcode}`,
    sentence: known.sentence,
  };
}

function encodeText(text: string): Uint8Array {
  const encoder = new TextEncoder();
  const out = new Uint8Array(SHUTDOWN_TEXT_BYTES_MAX);
  // encodeInto writes whole characters only.
  return out.subarray(0, encoder.encodeInto(text, out).written);
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(octets);
  } catch {
    return undefined;
  }
}
