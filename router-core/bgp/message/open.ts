/**
 * OPEN: who a speaker is and what it can do.
 *
 * Standard: RFC 4271 §4.2; RFC 5492 §4 (capabilities); RFC 9072 §2 (extended parameters); RFC 6793
 * §3 (the AS number of two octets).
 *
 *   header 19 | version 1 | AS 2 | hold time 2 | identifier 4 | length 1 | parameters …
 *   extended:                                  … | length ≠ 0 | 255 | length 2 | parameters …
 *
 * Reading never fails: what is wrong with the parameters is kept as `problem`, so that negotiate.ts
 * can complain about version, AS, identifier and hold time first.
 *
 * Invariants
 * - The message has at least 29 octets (header.ts).
 * - `capabilities` are those of all parameters in order, up to the problem.
 *
 * @module
 */
import {
  at,
  concatBytes,
  readUint16,
  readUint32,
  writeUint16,
  writeUint32,
} from '../../base/bytes.ts';
import type { Capability } from '../capability/capability.ts';
import { decodeCapability, encodeCapability } from '../capability/codec.ts';
import {
  BGP_VERSION,
  CAPABILITIES_PARAMETER,
  CAPABILITY_FOUR_OCTET_AS,
  EXTENDED_LENGTH_PARAMETER,
  HEADER_BYTES,
  OPEN,
  OPEN_MESSAGE_ERROR,
  UNSPECIFIC,
  UNSUPPORTED_OPTIONAL_PARAMETER,
} from '../constants.ts';
import type { BgpNotification } from '../types.ts';
import { newMessage } from './header.ts';
import { notification } from './notification.ts';

const VERSION = 0,
  MY_AS = 1,
  HOLD_TIME = 3,
  IDENTIFIER = 5,
  PARAMETERS_LENGTH = 9,
  PARAMETERS = 10,
  EXTENDED_LENGTH = 11,
  EXTENDED_PARAMETERS = 13;

export type OpenMessage = {
  readonly version: number;
  /** The two-octet field, 23456 when the number does not fit. */
  readonly asField: number;
  readonly holdTimeSeconds: number;
  readonly routerId: number;
  readonly hasExtendedParameters: boolean;
  /** One entry per parameter: FRR sends a parameter for each capability, others one for all. */
  readonly parameters: readonly (readonly Capability[])[];
  readonly problem?: BgpNotification;
};

/** Returns the capabilities of all parameters, in order. */
export const capabilitiesOfOpen = (open: OpenMessage): readonly Capability[] =>
  open.parameters.flat();

/** Returns a whole OPEN with all capabilities in one parameter, extended only where 255 octets do not do. */
export function buildOpen(open: {
  readonly asField: number;
  readonly holdTimeSeconds: number;
  readonly routerId: number;
  readonly capabilities: readonly Capability[];
}): Uint8Array {
  const capabilities = concatBytes(...open.capabilities.map(encodeCapability));
  const isExtended = capabilities.length + 2 > 254;
  const parameters =
    capabilities.length === 0
      ? 0
      : isExtended
        ? EXTENDED_PARAMETERS - PARAMETERS + 3 + capabilities.length
        : 2 + capabilities.length;
  const message = newMessage(OPEN, PARAMETERS + parameters);
  const body = HEADER_BYTES;
  message[body + VERSION] = BGP_VERSION;
  writeUint16(message, body + MY_AS, open.asField);
  writeUint16(message, body + HOLD_TIME, open.holdTimeSeconds);
  writeUint32(message, body + IDENTIFIER, open.routerId);
  if (capabilities.length === 0) return message;
  if (isExtended) {
    message[body + PARAMETERS_LENGTH] = EXTENDED_LENGTH_PARAMETER;
    message[body + PARAMETERS] = EXTENDED_LENGTH_PARAMETER;
    writeUint16(message, body + EXTENDED_LENGTH, 3 + capabilities.length);
    message[body + EXTENDED_PARAMETERS] = CAPABILITIES_PARAMETER;
    writeUint16(message, body + EXTENDED_PARAMETERS + 1, capabilities.length);
  } else {
    message[body + PARAMETERS_LENGTH] = 2 + capabilities.length;
    message[body + PARAMETERS] = CAPABILITIES_PARAMETER;
    message[body + PARAMETERS + 1] = capabilities.length;
  }
  message.set(capabilities, message.length - capabilities.length);
  return message;
}

/** Reads the message from `start` to `end`, header included and checked. */
export function readOpen(b: Uint8Array, start: number, end: number): OpenMessage {
  const body = start + HEADER_BYTES;
  const length = at(b, body + PARAMETERS_LENGTH);
  const isExtended =
    length !== 0 &&
    body + PARAMETERS < end &&
    at(b, body + PARAMETERS) === EXTENDED_LENGTH_PARAMETER;
  const fixed = {
    version: at(b, body + VERSION),
    asField: readUint16(b, body + MY_AS),
    holdTimeSeconds: readUint16(b, body + HOLD_TIME),
    routerId: readUint32(b, body + IDENTIFIER),
    hasExtendedParameters: isExtended,
  };
  const parameters: Capability[][] = [];
  const problem = isExtended
    ? readExtended(b, body, end, parameters)
    : readParameters(b, body + PARAMETERS, end, length, 1, parameters);
  return problem === undefined ? { ...fixed, parameters } : { ...fixed, parameters, problem };
}

function readExtended(
  b: Uint8Array,
  body: number,
  end: number,
  out: Capability[][],
): BgpNotification | undefined {
  if (body + EXTENDED_PARAMETERS > end) return unspecific();
  const length = readUint16(b, body + EXTENDED_LENGTH);
  return readParameters(b, body + EXTENDED_PARAMETERS, end, length, 2, out);
}

/** Reads parameters whose length field has `lengthBytes` octets; they must fill the message. */
function readParameters(
  b: Uint8Array,
  start: number,
  end: number,
  length: number,
  lengthBytes: 1 | 2,
  out: Capability[][],
): BgpNotification | undefined {
  if (start + length !== end) return unspecific();
  let i = start;
  while (i < end) {
    const value = i + 1 + lengthBytes;
    if (value > end) return unspecific();
    const valueEnd = value + (lengthBytes === 1 ? at(b, i + 1) : readUint16(b, i + 1));
    if (valueEnd > end) return unspecific();
    if (at(b, i) !== CAPABILITIES_PARAMETER)
      return notification(OPEN_MESSAGE_ERROR, UNSUPPORTED_OPTIONAL_PARAMETER);
    const capabilities: Capability[] = [];
    out.push(capabilities);
    const problem = readCapabilities(b, value, valueEnd, capabilities);
    if (problem !== undefined) return problem;
    i = valueEnd;
  }
  return undefined;
}

function readCapabilities(
  b: Uint8Array,
  start: number,
  end: number,
  out: Capability[],
): BgpNotification | undefined {
  let i = start;
  while (i < end) {
    if (i + 2 > end) return unspecific();
    const valueEnd = i + 2 + at(b, i + 1);
    if (valueEnd > end) return unspecific();
    const capability = decodeCapability(at(b, i), b.subarray(i + 2, valueEnd));
    // Without the AS number there is nobody to talk to.
    if (capability.kind === 'unknown' && capability.code === CAPABILITY_FOUR_OCTET_AS)
      return unspecific();
    out.push(capability);
    i = valueEnd;
  }
  return undefined;
}

const unspecific = (): BgpNotification => notification(OPEN_MESSAGE_ERROR, UNSPECIFIC);
