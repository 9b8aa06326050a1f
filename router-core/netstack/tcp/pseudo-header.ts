/**
 * The part of TCP's pseudo-header behind the addresses, as it is signed.
 *
 * Standard: RFC 9293 §3.1 (IPv4: zero, protocol, length); RFC 8200 §8.1 (IPv6: length, zeros, next header).
 *
 * @module
 */
import { writeUint16, writeUint32 } from '../../base/bytes.ts';
import type { IpFamily } from '../../base/ip-address.ts';
import { PROTOCOL_TCP } from '../../packet/index.ts';

/** `length`: of header, options and payload in octets. */
export function protocolAndLength(family: IpFamily, length: number): Uint8Array {
  const fields = new Uint8Array(family === 4 ? 4 : 8);
  if (family === 4) {
    fields[1] = PROTOCOL_TCP;
    writeUint16(fields, 2, length);
  } else {
    writeUint32(fields, 0, length);
    fields[7] = PROTOCOL_TCP;
  }
  return fields;
}
