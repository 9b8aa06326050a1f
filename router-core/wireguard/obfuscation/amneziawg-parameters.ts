/**
 * The parameters of AmneziaWG: as people write them, as numbers, and what must hold between them.
 *
 * Not standardized; names and rules are those of `amneziawg-go`, protocol generation 3.1.
 *
 *   generation   parameters
 *   1            jc jmin jmax   s1 s2   h1 … h4 as single numbers
 *   1.5          i1 … i5
 *   2            s3 s4   h1 … h4 as ranges
 *   3            headerProtectionKey   contentPaddingAddition   the five timings
 *   3.1          randomTrailers   disableCookies
 *
 * Stricter than the reference where it would draw absurd sizes: jmax below jmin, datagrams beyond the
 * path, types 0 to 4 of another message (generation 1 takes them for "default").
 *
 * @module
 */
import { fromBase64 } from '../../base/bytes.ts';
import {
  HANDSHAKE_ATTEMPTS_MAX,
  JUNK_DATAGRAMS_MAX,
  OBFUSCATED_DATAGRAM_BYTES_MAX,
  TIMING_SECONDS_MAX,
} from './limits.ts';
import { COOKIE_REPLY_BYTES, INITIATION_BYTES, RESPONSE_BYTES } from './message-kind.ts';
import { overlap, parseRange, type Range } from './range.ts';
import { parseSignaturePacket, type SignaturePacket } from './signature-packet.ts';

export type AmneziaWgOptions = {
  readonly jc?: number;
  readonly jmin?: number;
  readonly jmax?: number;
  readonly s1?: number;
  readonly s2?: number;
  readonly s3?: number;
  readonly s4?: number;
  readonly h1?: number | string;
  readonly h2?: number | string;
  readonly h3?: number | string;
  readonly h4?: number | string;
  readonly i1?: string;
  readonly i2?: string;
  readonly i3?: string;
  readonly i4?: string;
  readonly i5?: string;
  readonly headerProtectionKey?: string;
  readonly contentPaddingAddition?: number | string;
  readonly rekeyAfterTime?: number | string;
  readonly rekeyTimeout?: number | string;
  readonly rejectAfterTime?: number | string;
  readonly keepaliveTimeout?: number | string;
  readonly maxHandshakeAttempts?: number | string;
  readonly randomTrailers?: boolean;
  readonly disableCookies?: boolean;
};

export type AmneziaWgParameters = {
  readonly junk: { readonly count: number; readonly min: number; readonly max: number };
  /** Padding in front and types, by message kind; index 0 is unused. */
  readonly padding: readonly [number, number, number, number, number];
  readonly types: readonly [Range, Range, Range, Range, Range];
  readonly signatures: readonly SignaturePacket[];
  readonly headerProtectionKey: Uint8Array | undefined;
  readonly contentPadding: Range | undefined;
  readonly randomTrailers: boolean;
  readonly disableCookies: boolean;
};

export type ParameterProblem = { readonly name: string; readonly message: string };

const UINT32_MAX = 0xffffffff;
const PADDING_MAX = 65535;
const CONTENT_PADDING_MAX = 65535;
const NONCE_BYTES = 12;
const KEY_BYTES = 32;
const NO_TYPE: Range = { low: 0, high: 0 };
const SIGNATURES = ['i1', 'i2', 'i3', 'i4', 'i5'] as const;
const AFTER_GENERATION_ONE = [
  ...SIGNATURES,
  's3',
  's4',
  'headerProtectionKey',
  'contentPaddingAddition',
  'randomTrailers',
] as const;
const TIMINGS = ['rekeyAfterTime', 'rekeyTimeout', 'rejectAfterTime', 'keepaliveTimeout'] as const;

/** Reads the options; the problems name every parameter that is wrong. */
export function parseAmneziaWg(options: AmneziaWgOptions): {
  readonly parameters: AmneziaWgParameters;
  readonly problems: readonly ParameterProblem[];
} {
  const problems: ParameterProblem[] = [];
  const wrong = (name: string, message: string): void => {
    problems.push({ name, message });
  };
  const parameters: AmneziaWgParameters = {
    junk: junkOf(options, wrong),
    padding: paddingOf(options, wrong),
    types: typesOf(options, wrong),
    signatures: signaturesOf(options, wrong),
    headerProtectionKey: headerProtectionKeyOf(options, wrong),
    contentPadding: rangeOf(options, 'contentPaddingAddition', 0, CONTENT_PADDING_MAX, wrong),
    randomTrailers: options.randomTrailers ?? false,
    disableCookies: options.disableCookies ?? false,
  };
  for (const name of TIMINGS) rangeOf(options, name, 1, TIMING_SECONDS_MAX, wrong);
  rangeOf(options, 'maxHandshakeAttempts', 1, HANDSHAKE_ATTEMPTS_MAX, wrong);
  checkTogether(options, parameters, wrong);
  return { parameters, problems };
}

type Report = (name: string, message: string) => void;

function junkOf(
  { jc = 0, jmin = 0, jmax = jmin }: AmneziaWgOptions,
  wrong: Report,
): AmneziaWgParameters['junk'] {
  if (!isWithin(jc, JUNK_DATAGRAMS_MAX)) wrong('jc', `is 0 to ${JUNK_DATAGRAMS_MAX}`);
  if (!isWithin(jmin, OBFUSCATED_DATAGRAM_BYTES_MAX))
    wrong('jmin', `is 0 to ${OBFUSCATED_DATAGRAM_BYTES_MAX}`);
  if (!isWithin(jmax, OBFUSCATED_DATAGRAM_BYTES_MAX))
    wrong('jmax', `is 0 to ${OBFUSCATED_DATAGRAM_BYTES_MAX}`);
  if (jmax < jmin) wrong('jmax', 'is smaller than jmin');
  return { count: jc, min: jmin, max: jmax };
}

function paddingOf(
  { s1 = 0, s2 = 0, s3 = 0, s4 = 0 }: AmneziaWgOptions,
  wrong: Report,
): AmneziaWgParameters['padding'] {
  const check = (name: string, value: number, message: number): void => {
    const most = Math.min(PADDING_MAX, OBFUSCATED_DATAGRAM_BYTES_MAX - message);
    if (!isWithin(value, most)) wrong(name, `is 0 to ${most}, so that the datagram fits the path`);
  };
  check('s1', s1, INITIATION_BYTES);
  check('s2', s2, RESPONSE_BYTES);
  check('s3', s3, COOKIE_REPLY_BYTES);
  // What the smallest tunnel leaves: IPv6 needs packets of 1,280 octets and 32 around them.
  check('s4', s4, 1280 + 32);
  return [0, s1, s2, s3, s4];
}

function typesOf(options: AmneziaWgOptions, wrong: Report): AmneziaWgParameters['types'] {
  const one = (name: 'h1' | 'h2' | 'h3' | 'h4', plain: number): Range => {
    const value = options[name] ?? plain;
    const range = parseRange(value, 0, UINT32_MAX);
    if (range === undefined) {
      wrong(name, 'is a number up to 4294967295, or a range such as 5-104');
      return { low: plain, high: plain };
    }
    if (range.low === range.high && range.low <= 4 && range.low !== plain) {
      wrong(name, `${range.low} means "default" to older peers and is taken; leave ${name} out`);
    }
    return range;
  };
  const types = [NO_TYPE, one('h1', 1), one('h2', 2), one('h3', 3), one('h4', 4)] as const;
  for (let a = 1; a <= 4; a++) {
    for (let b = a + 1; b <= 4; b++) {
      if (overlap(types[a] as Range, types[b] as Range))
        wrong(`h${b}`, `overlaps h${a}: the four types must differ`);
    }
  }
  return types;
}

function signaturesOf(options: AmneziaWgOptions, wrong: Report): SignaturePacket[] {
  const packets: SignaturePacket[] = [];
  for (const name of SIGNATURES) {
    const packet = parseSignaturePacket(options[name] ?? '');
    if (typeof packet === 'string') wrong(name, packet);
    else if (packet.bytes > 0) packets.push(packet);
  }
  return packets;
}

function headerProtectionKeyOf(
  { headerProtectionKey }: AmneziaWgOptions,
  wrong: Report,
): Uint8Array | undefined {
  if (headerProtectionKey === undefined) return undefined;
  const key = fromBase64(headerProtectionKey);
  if (key?.length === KEY_BYTES) return key;
  wrong('headerProtectionKey', 'is 44 characters of base64, as `wg genpsk` prints them');
  return undefined;
}

function rangeOf(
  options: AmneziaWgOptions,
  name: (typeof TIMINGS)[number] | 'contentPaddingAddition' | 'maxHandshakeAttempts',
  minimum: number,
  maximum: number,
  wrong: Report,
): Range | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  const range = parseRange(value, minimum, maximum);
  if (range === undefined)
    wrong(name, `is ${minimum} to ${maximum}, or a range such as ${minimum + 1}-${minimum + 9}`);
  return range;
}

function checkTogether(
  options: AmneziaWgOptions,
  { padding, headerProtectionKey, types }: AmneziaWgParameters,
  wrong: Report,
): void {
  if (headerProtectionKey !== undefined) {
    for (let kind = 1; kind <= 4; kind++) {
      if ((padding[kind] as number) < NONCE_BYTES)
        wrong(`s${kind}`, `is at least ${NONCE_BYTES} with headerProtectionKey`);
    }
  }
  if (
    isGenerationOne(options, types) &&
    INITIATION_BYTES + padding[1] === RESPONSE_BYTES + padding[2]
  ) {
    wrong('s2', 'is not s1 + 56: older peers tell the messages apart by their length');
  }
}

/** Whether nothing here is newer than generation 1: then the other side may be that old. */
const isGenerationOne = (options: AmneziaWgOptions, types: readonly Range[]): boolean =>
  AFTER_GENERATION_ONE.every((name) => options[name] === undefined) &&
  types.every(({ low, high }) => low === high);

const isWithin = (n: number, high: number): boolean => Number.isInteger(n) && n >= 0 && n <= high;
