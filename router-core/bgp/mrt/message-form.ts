/**
 * How the messages of a session are to be read, from its two OPENs.
 *
 * Standard: RFC 6793 §3 (four-octet AS numbers, when both announced them), RFC 7911 §4 (path ids, when the
 * sender may send and the receiver wants them).
 *
 * A record names one form for both families; where path ids were agreed on for one of them only, the
 * other is misread. BIRD and FRR write the same.
 *
 * @module
 */
import type { Capability } from '../capability/capability.ts';
import { capabilitiesOf } from '../capability/codec.ts';
import { HEADER_BYTES } from '../constants.ts';
import { capabilitiesOfOpen, readOpen } from '../message/open.ts';
import type { MessageDirection, SessionOpens } from '../session-tap.ts';
import type { MessageForm } from './bgp4mp.ts';

export type SessionForms = Readonly<Record<MessageDirection, MessageForm>>;

/** Before both OPENs are known: nothing that depends on the form was said yet. */
export const FIRST_FORMS: SessionForms = {
  received: { hasAs4: true, hasPathIds: false },
  sent: { hasAs4: true, hasPathIds: false },
};

const RECEIVES = 1,
  SENDS = 2;

export function formsOf(opens: SessionOpens): SessionForms {
  const ours = capabilitiesOfMessage(opens.sent);
  const theirs = capabilitiesOfMessage(opens.received);
  const hasAs4 = [ours, theirs].every((all) => capabilitiesOf(all, 'four-octet-as').length > 0);
  return {
    received: { hasAs4, hasPathIds: hasPathIds(theirs, ours) },
    sent: { hasAs4, hasPathIds: hasPathIds(ours, theirs) },
  };
}

function hasPathIds(sender: readonly Capability[], receiver: readonly Capability[]): boolean {
  const modes = (all: readonly Capability[], bit: number): string[] =>
    capabilitiesOf(all, 'add-path').flatMap(({ families }) =>
      families.flatMap(({ afi, safi, mode }) => ((mode & bit) === 0 ? [] : [`${afi}/${safi}`])),
    );
  const wanted = modes(receiver, RECEIVES);
  return modes(sender, SENDS).some((family) => wanted.includes(family));
}

/** The message is an OPEN of at least its fixed length. */
function capabilitiesOfMessage(message: Uint8Array): readonly Capability[] {
  return message.length <= HEADER_BYTES
    ? []
    : capabilitiesOfOpen(readOpen(message, 0, message.length));
}
