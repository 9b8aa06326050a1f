/**
 * OPEN messages in whatever octets hold them whole: a capture, a dump.
 *
 * Standard: RFC 4271 §4.1 and §4.2, RFC 5492 §4 (capabilities), RFC 6793 §3 (whose it is). Its own code,
 * not router-core/bgp's: what is found here is a judgement about that.
 *
 * @module
 */

export type OpenFound = {
  /** Who says it; by capability 65 where it is there. */
  readonly asn: number;
  readonly capabilities: readonly { readonly code: number; readonly value: Buffer }[];
};

const MARKER = Buffer.alloc(16, 0xff);
const TYPE = 18;
const OPEN = 1;
const AS_FIELD = 20;
const PARAMETERS_LENGTH = 28;
const PARAMETERS = 29;
const CAPABILITIES = 2;
const FOUR_OCTET_AS = 65;

/** Returns them in order. One parameter with many capabilities and many with one are the same. */
export function openMessagesIn(octets: Buffer): OpenFound[] {
  const found: OpenFound[] = [];
  for (let at = octets.indexOf(MARKER); at >= 0; at = octets.indexOf(MARKER, at + 1)) {
    if (octets[at + TYPE] !== OPEN) continue;
    const end = at + PARAMETERS + (octets[at + PARAMETERS_LENGTH] ?? 0);
    const capabilities = pairs(octets.subarray(at + PARAMETERS, end))
      .filter(({ code }) => code === CAPABILITIES)
      .flatMap(({ value }) => pairs(value));
    const asn = capabilities.find(({ code }) => code === FOUR_OCTET_AS)?.value.readUInt32BE(0);
    found.push({ asn: asn ?? octets.readUInt16BE(at + AS_FIELD), capabilities });
  }
  return found;
}

/** Rows of: code 1, length 1, value. */
function pairs(octets: Buffer): { code: number; value: Buffer }[] {
  const rows: { code: number; value: Buffer }[] = [];
  for (let at = 0; at + 2 <= octets.length; ) {
    const end = at + 2 + octets.readUInt8(at + 1);
    rows.push({ code: octets.readUInt8(at), value: octets.subarray(at + 2, end) });
    at = end;
  }
  return rows;
}
