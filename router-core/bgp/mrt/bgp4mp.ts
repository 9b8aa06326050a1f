/**
 * What is recorded of a session: messages and changes of state, with microseconds.
 *
 * Standard: RFC 6396 §4.4 (BGP4MP), §4.5 (BGP4MP_ET); RFC 8050 §3 (add-path).
 *
 *   message   peer AS │ local AS │ interface 2 │ AFI 2 │ peer address │ local address │ the message
 *   state     the same                                                                │ old 2 │ new 2
 *
 * The subtype tells how the message is to be read: `AS4` that AS numbers in AS_PATH have four octets,
 * `ADDPATH` that prefixes carry path ids, `LOCAL` that we sent it. Where AS numbers of a session have two
 * octets the record's own two have as well; ours becomes 23456 there when it does not fit.
 *
 * @module
 */
import { AS_TRANS } from '../../base/asn.ts';
import { type WallTime, wallTime } from '../../base/units.ts';
import { AFI_IPV4, AFI_IPV6 } from '../constants.ts';
import type { SessionState } from '../session-state.ts';
import type { MessageDirection, SessionEnds } from '../session-tap.ts';
import {
  BGP4MP_ET,
  MESSAGE,
  MESSAGE_ADDPATH,
  MESSAGE_AS4,
  MESSAGE_AS4_ADDPATH,
  MESSAGE_AS4_LOCAL,
  MESSAGE_AS4_LOCAL_ADDPATH,
  MESSAGE_LOCAL,
  MESSAGE_LOCAL_ADDPATH,
  STATE_CHANGE_AS4,
  STATE_NUMBERS,
} from './constants.ts';
import { RecordWriter } from './record-writer.ts';

/** How the messages of a session are to be read. */
export type MessageForm = { readonly hasAs4: boolean; readonly hasPathIds: boolean };

const RECEIVED_SUBTYPES = [MESSAGE, MESSAGE_AS4, MESSAGE_ADDPATH, MESSAGE_AS4_ADDPATH] as const;
const SENT_SUBTYPES = [
  MESSAGE_LOCAL,
  MESSAGE_AS4_LOCAL,
  MESSAGE_LOCAL_ADDPATH,
  MESSAGE_AS4_LOCAL_ADDPATH,
] as const;

/** Writes the record of one message. */
export function writeMessageRecord(
  writer: RecordWriter,
  when: WallTime,
  ends: SessionEnds,
  form: MessageForm,
  direction: MessageDirection,
  b: Uint8Array,
  start: number,
  end: number,
): void {
  const subtypes = direction === 'sent' ? SENT_SUBTYPES : RECEIVED_SUBTYPES;
  const row = (form.hasPathIds ? 2 : 0) + (form.hasAs4 ? 1 : 0);
  writer.begin(BGP4MP_ET, subtypes[row] as number, when);
  writeEnds(writer, ends, form.hasAs4);
  writer.octets(b, start, end);
  writer.finish();
}

/** Writes the record of a change of state. */
export function writeStateRecord(
  writer: RecordWriter,
  when: WallTime,
  ends: SessionEnds,
  from: SessionState,
  to: SessionState,
): void {
  writer.begin(BGP4MP_ET, STATE_CHANGE_AS4, when);
  writeEnds(writer, ends, true);
  writer.uint16(STATE_NUMBERS[from]);
  writer.uint16(STATE_NUMBERS[to]);
  writer.finish();
}

/** The interface is 0: tunnels have no number that means anything elsewhere. */
function writeEnds(writer: RecordWriter, ends: SessionEnds, hasAs4: boolean): void {
  for (const asn of [ends.peerAsn, ends.localAsn]) {
    if (hasAs4) writer.uint32(asn);
    else writer.uint16(asn > 0xffff ? AS_TRANS : asn);
  }
  writer.uint16(0);
  writer.uint16(ends.remoteAddress.family === 4 ? AFI_IPV4 : AFI_IPV6);
  writer.octets(ends.remoteAddress.bytes);
  writer.octets(ends.localAddress.bytes);
}

/** The record of a message without the message: it is filled in again for each. */
export function messageHead(
  ends: SessionEnds,
  form: MessageForm,
  direction: MessageDirection,
): Uint8Array {
  const writer = new RecordWriter(64);
  writeMessageRecord(writer, wallTime(0), ends, form, direction, NO_MESSAGE, 0, 0);
  return writer.take();
}

const NO_MESSAGE = new Uint8Array(0);
