/**
 * `L2HeaderMode`: what `stdio` does with the two addresses of a frame.
 *
 * Not standardized; EtherGuard's modes.
 *
 *   nochg   nothing
 *   kbdbg   for a person at a keyboard: a character stands for an address. `b` is broadcast, any other the address
 *           aa:bb:cc:dd:ee:xx with xx = its code − 48 (`1` is 01)
 *             in   destination, source, rest of the frame from its type on
 *             out  the same; `b` for every group address, else the last octet + 48
 *   noL2    in   what follows the addresses; they become broadcast and our own
 *           out  the addresses are left out
 *
 * @module
 */
import { at } from '../../base/bytes.ts';
import { isGroupMacAddress, MAC_ADDRESS_BYTES, type MacAddress } from '../../base/mac-address.ts';
import type { PacketSlot } from '../../base/units.ts';
import type { PacketArena } from '../../router/index.ts';

export type HeaderMode = 'nochg' | 'kbdbg' | 'noL2';

const ADDRESSES_BYTES = 2 * MAC_ADDRESS_BYTES;
const BROADCAST = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff);
const KEYBOARD_PREFIX = Uint8Array.of(0xaa, 0xbb, 0xcc, 0xdd, 0xee);
const LETTER_B = 0x62;
const DIGIT_0 = 0x30;

/** Returns the frame that a piece of input stands for; undefined when it is too short for its mode. */
export function frameOfInput(
  input: Uint8Array,
  mode: HeaderMode,
  own: MacAddress,
): Uint8Array | undefined {
  if (mode === 'nochg') return input;
  const headBytes = mode === 'kbdbg' ? 2 : 0;
  if (input.length < headBytes) return undefined;
  const frame = new Uint8Array(ADDRESSES_BYTES + input.length - headBytes);
  if (mode === 'kbdbg') {
    writeKeyboardAddress(frame, 0, at(input, 0));
    writeKeyboardAddress(frame, MAC_ADDRESS_BYTES, at(input, 1));
  } else {
    frame.set(BROADCAST);
    frame.set(own, MAC_ADDRESS_BYTES);
  }
  frame.set(input.subarray(headBytes), ADDRESSES_BYTES);
  return frame;
}

function writeKeyboardAddress(frame: Uint8Array, offset: number, character: number): void {
  if (character === LETTER_B) {
    frame.set(BROADCAST, offset);
    return;
  }
  frame.set(KEYBOARD_PREFIX, offset);
  frame[offset + KEYBOARD_PREFIX.length] = character - DIGIT_0;
}

/** Makes the frame of a slot the output that stands for it, in place. The frame has two addresses. */
export function outputOfFrame(arena: PacketArena, slot: PacketSlot, mode: HeaderMode): void {
  if (mode === 'nochg') return;
  const { bytes } = arena;
  const start = arena.start[slot] as number;
  const typeAt = start + ADDRESSES_BYTES;
  arena.start[slot] = mode === 'noL2' ? typeAt : typeAt - 2;
  if (mode === 'noL2') return;
  const destination = keyboardCharacter(bytes, start);
  const source = keyboardCharacter(bytes, start + MAC_ADDRESS_BYTES);
  bytes[typeAt - 2] = destination;
  bytes[typeAt - 1] = source;
}

const keyboardCharacter = (b: Uint8Array, i: number): number =>
  isGroupMacAddress(b, i) ? LETTER_B : at(b, i + MAC_ADDRESS_BYTES - 1) + DIGIT_0;
