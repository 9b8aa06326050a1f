import { describe, expect, test } from 'vitest';
import { fromHex, toBase64, toHex } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import { AmneziaWg } from './amneziawg.ts';
import { type AmneziaWgOptions, parseAmneziaWg } from './amneziawg-parameters.ts';
import { ChaChaBlock } from './chacha-block.ts';
import traces from './fixtures/amneziawg-traces.json' with { type: 'json' };
import protection from './fixtures/header-protection.json' with { type: 'json' };
import type { MessageKind } from './message-kind.ts';
import { messageOf, obfuscationSuite, unwrapped, wrapped } from './testing/compliance.ts';
import { optionsOfUapi } from './testing/uapi-options.ts';

const bytes = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
const form = (options: AmneziaWgOptions, seed = 1): AmneziaWg =>
  new AmneziaWg(parseAmneziaWg(options).parameters, seededRandom(seed));
const KINDS: Readonly<Record<string, MessageKind>> = {
  initiation: 1,
  response: 2,
  'cookie-reply': 3,
  transport: 4,
};
const OF_PROFILE = traces.profiles.map(({ name, parameters, datagrams }) => ({
  name,
  options: optionsOfUapi(parameters as Readonly<Record<string, string>>),
  datagrams: datagrams as readonly {
    readonly hex: string;
    readonly kind: string;
    readonly canonicalHex?: string;
    readonly receiverIndex?: number;
    readonly padding?: number;
    readonly typeValue?: number;
    readonly trailer?: number;
  }[],
}));

for (const { name, options } of OF_PROFILE) {
  obfuscationSuite(name, { kind: 'amneziawg', ...options });
}
obfuscationSuite('every padding larger than the headroom', {
  kind: 'amneziawg',
  s1: 900,
  s2: 700,
  s3: 1300,
  s4: 140,
});
obfuscationSuite(
  'types over half of all numbers',
  { kind: 'amneziawg', h4: '2147483648-4294967295' },
  { isRecognizable: false },
);

describe.each(OF_PROFILE)('amneziawg, recorded exchange: $name', ({ options, datagrams }) => {
  test.each(datagrams)('$kind of $length octets', ({ hex, kind, canonicalHex, receiverIndex }) => {
    const back = unwrapped(form(options), bytes(hex));
    if (canonicalHex === undefined) return expect(back.kind).toBe(0);
    expect(back.kind).toBe(KINDS[kind]);
    // The type of a transport message is not covered by anything: it becomes the plain one.
    const expected = kind === 'transport' ? `04000000${canonicalHex.slice(8)}` : canonicalHex;
    expect(toHex(back.message)).toBe(expected);
    expect(back.receiver).toBe(receiverIndex ?? 0);
  });

  test('datagrams of ours have the layout of the recorded ones', () => {
    const ours = form(options);
    for (const { kind, hex, canonicalHex, padding = 0 } of datagrams) {
      if (canonicalHex === undefined) continue;
      const datagram = wrapped(ours, KINDS[kind] as MessageKind, bytes(canonicalHex)) as Uint8Array;
      const hasTrailer = options.randomTrailers === true && kind !== 'transport';
      if (!hasTrailer) expect(datagram).toHaveLength(hex.length / 2);
      // Without mask the message itself stands after the padding.
      if (options.headerProtectionKey !== undefined) continue;
      const from = kind === 'transport' ? 4 : 0;
      expect(toHex(datagram.slice(padding + from, padding + canonicalHex.length / 2))).toBe(
        canonicalHex.slice(2 * from),
      );
    }
  });
});

describe('header protection', () => {
  test.each(protection.cases)('keystream of $nonceHex', ({ nonceHex, keystreamFirst148Hex }) => {
    const block = new ChaChaBlock(bytes(protection.keyHex), 20);
    const view = new DataView(bytes(nonceHex).buffer);
    const stream = new Uint8Array(148);
    for (let i = 0; i < 148; i += 64) {
      const word = (k: number): number => view.getUint32(4 * k, true);
      block.compute(i / 64, word(0), word(1), word(2));
      block.xor(stream, i, Math.min(64, 148 - i));
    }
    expect(toHex(stream)).toBe(keystreamFirst148Hex);
  });

  test('a handshake message is masked whole, a transport message in its header', () => {
    const key = bytes(protection.keyHex);
    const options = { s1: 12, s2: 12, s3: 12, s4: 12, headerProtectionKey: toBase64(key) };
    const awg = form(options);
    for (const kind of [1, 4] as const) {
      const message = messageOf(awg, kind, 148, 9);
      const datagram = wrapped(awg, kind, message) as Uint8Array;
      const masked = kind === 1 ? 148 : 16;
      expect(datagram.slice(12 + masked)).toEqual(message.slice(masked));
      expect(datagram.slice(12, 12 + masked)).not.toEqual(message.slice(0, masked));
    }
  });
});

describe('what is drawn', () => {
  test('types over their whole range, both ends included', () => {
    const awg = form({ h1: '10-13' });
    const seen = new Set(Array.from({ length: 400 }, () => awg.drawType(1)));
    expect([...seen].sort()).toEqual([10, 11, 12, 13]);
  });

  test('junk from jmin to below jmax, signature packets before it, all fresh', () => {
    const awg = form({ jc: 3, jmin: 50, jmax: 53, i1: '<b 0xc7><r 3>', i3: '<t>' });
    expect(awg.decoys).toBe(5);
    const b = new Uint8Array(200);
    const lengths = new Set<number>();
    for (let round = 0; round < 100; round++) {
      expect(awg.writeDecoy(0, b, 0, 200, 7)).toBe(4);
      expect(b[0]).toBe(0xc7);
      expect(awg.writeDecoy(1, b, 0, 200, 7)).toBe(4);
      expect(b.slice(0, 4)).toEqual(new Uint8Array([0, 0, 0, 7]));
      for (let i = 2; i < 5; i++) lengths.add(awg.writeDecoy(i, b, 0, 200, 7));
    }
    expect([...lengths].sort()).toEqual([50, 51, 52]);
  });

  test('trailers up to the window, of cookie replies up to 500 octets', () => {
    const awg = form({ randomTrailers: true });
    awg.window = 1000;
    let initiationMost = 0;
    let cookieMost = 0;
    for (let i = 0; i < 500; i++) {
      const initiation = wrapped(awg, 1, messageOf(awg, 1, 148, i)) as Uint8Array;
      const cookie = wrapped(awg, 3, messageOf(awg, 3, 64, i)) as Uint8Array;
      initiationMost = Math.max(initiationMost, initiation.length);
      cookieMost = Math.max(cookieMost, cookie.length);
    }
    expect(initiationMost).toBeGreaterThan(950);
    expect(initiationMost).toBeLessThan(1000);
    expect(cookieMost).toBeGreaterThan(470);
    expect(cookieMost).toBeLessThan(500);
  });

  test('contents grow within the MTU: by what is configured, by the window, else to 16', () => {
    const padding = form({ contentPaddingAddition: '1-64' });
    const trailers = form({ randomTrailers: true });
    for (let i = 0; i < 300; i++) {
      const a = padding.contentBytes(100, 112, 1420);
      expect(a).toBeGreaterThanOrEqual(101);
      expect(a).toBeLessThanOrEqual(164);
      expect(padding.contentBytes(1400, 1408, 1420)).toBeLessThanOrEqual(1420);
      expect(padding.contentBytes(1430, 1430, 1420)).toBe(1430);
      const b = trailers.contentBytes(100, 112, 1420);
      expect(b).toBeGreaterThanOrEqual(100);
      expect(b + 32).toBeLessThan(500);
      expect(trailers.contentBytes(1400, 1408, 1420)).toBe(1400);
    }
    expect(form({ s4: 5 }).contentBytes(100, 112, 1420)).toBe(112);
  });
});
