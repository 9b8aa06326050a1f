import { expect, test } from 'vitest';
import { readUint32, toHex } from '../base/bytes.ts';
import type { Capability } from './capability/capability.ts';
import { encodeCapability } from './capability/codec.ts';
import { HEADER_BYTES } from './constants.ts';
import { capabilitiesOfOpen, readOpen } from './message/open.ts';
import { isRestartNeeded } from './neighbor-config.ts';
import { PrefixTable } from './rib/prefix-table.ts';
import { goldenMessages } from './testing/golden.ts';
import {
  CONFIG,
  establish,
  scriptedRouter,
  THEIR_ASN,
  theirOpen,
} from './testing/scripted-router.ts';
import type { AddPath } from './types.ts';
import { nextPrefix, PATH_ID_BYTES } from './update/nlri.ts';
import { UpdateParser } from './update/parse-update.ts';
import { GOLDEN_UPDATES } from './update/testing/golden-updates.ts';
import { UpdateWriter } from './update/update-writer.ts';

const FAMILIES: readonly Capability[] = [
  { kind: 'multiprotocol', afi: 1, safi: 1 },
  { kind: 'multiprotocol', afi: 2, safi: 1 },
  { kind: 'four-octet-as', asn: THEIR_ASN },
];
const announced = (...rows: readonly (readonly [afi: number, mode: number])[]): Capability => ({
  kind: 'add-path',
  families: rows.map(([afi, mode]) => ({ afi, safi: 1, mode })),
});

/** What a session with this wish and these capabilities of the other side agrees on. */
function agreed(
  addPath: { send: boolean; receive: boolean } | undefined,
  ...theirs: Capability[]
): AddPath | undefined {
  const r = scriptedRouter(addPath === undefined ? {} : { addPath });
  establish(r, theirOpen({ capabilities: [...FAMILIES, ...theirs] }));
  return r.neighbors.view(r.neighbor).session?.addPath;
}

const both = { send: true, receive: true };

test.each([
  ['both sides both ways', both, [1, 3], [2, 3], ['ipv4', 'ipv6'], ['ipv4', 'ipv6']],
  ['they receive only', both, [1, 1], [2, 1], [], ['ipv4', 'ipv6']],
  ['they send only', both, [1, 2], [2, 2], ['ipv4', 'ipv6'], []],
  ['each family another way', both, [1, 1], [2, 2], ['ipv6'], ['ipv4']],
  ['we receive only', { send: false, receive: true }, [1, 3], [2, 1], ['ipv4'], []],
  ['we send only', { send: true, receive: false }, [1, 2], [2, 3], [], ['ipv6']],
] as const)('%s (RFC 7911 §4)', (_title, wish, ipv4, ipv6, receive, send) => {
  expect(agreed(wish, announced(ipv4, ipv6))).toEqual({ receive, send });
});

test('without a direction in common, or a word of one side, there are no path ids', () => {
  expect(agreed({ send: true, receive: false }, announced([1, 2]))).toBeUndefined();
  expect(agreed(both)).toBeUndefined();
  expect(agreed(undefined, announced([1, 3]))).toBeUndefined();
  expect(agreed({ send: false, receive: false }, announced([1, 3]))).toBeUndefined();
});

test('a mode that is none leaves the capability unread, of two words the last counts', () => {
  for (const mode of [0, 4, 255])
    expect(agreed(both, announced([1, mode], [2, 3]))).toBeUndefined();
  const last = agreed(both, announced([1, 3], [1, 1]), announced([2, 3]));
  expect(last).toEqual({ receive: ['ipv6'], send: ['ipv4', 'ipv6'] });
});

test('it is announced in every family, and shown as agreed or as missing', () => {
  const r = scriptedRouter({ addPath: { send: true, receive: true } });
  establish(r, theirOpen({ capabilities: [...FAMILIES, announced([1, 1])] }));
  expect(toHex(Uint8Array.from(r.last().written))).toContain('45080001010300020103');
  const { session } = r.neighbors.view(r.neighbor);
  expect(session?.capabilities).toContain('Add-path IPv4 unicast (send)');
  const without = scriptedRouter({ addPath: { send: false, receive: true } });
  establish(without, theirOpen({ capabilities: [...FAMILIES, announced([1, 1])] }));
  expect(without.neighbors.view(without.neighbor).session?.missingCapabilities).toContain(
    'Add-path IPv4 unicast (receive), IPv6 unicast (receive)',
  );
});

test('another wish needs another session', () => {
  const wish = { send: true, receive: false };
  expect(isRestartNeeded(CONFIG, { ...CONFIG, addPath: wish })).toBe(true);
  expect(isRestartNeeded({ ...CONFIG, addPath: wish }, { ...CONFIG, addPath: both })).toBe(true);
  expect(isRestartNeeded({ ...CONFIG, addPath: wish }, { ...CONFIG, addPath: wish })).toBe(false);
});

test('the capabilities of BIRD and FRR are written as they came', () => {
  const opens = goldenMessages('OPEN').filter(({ name }) => name.startsWith('bird-frr-linklocal'));
  const found = opens.flatMap(({ bytes, hex }) =>
    capabilitiesOfOpen(readOpen(bytes, 0, bytes.length))
      .filter(({ kind }) => kind === 'add-path')
      .map((capability) => ({ hex, again: toHex(encodeCapability(capability)) })),
  );
  expect(found.length).toBeGreaterThanOrEqual(2);
  for (const { hex, again } of found) expect(hex).toContain(again);
});

test('withdrawals with path ids leave octet for octet as BIRD and FRR write them', () => {
  const parser = new UpdateParser();
  let count = 0;
  for (const { bytes, context } of GOLDEN_UPDATES) {
    if (!context.pathIds[4] && !context.pathIds[6]) continue;
    expect(parser.parse(bytes, HEADER_BYTES, bytes.length, context)).toBeUndefined();
    const { unreachFamily, unreachStart, unreachEnd } = parser;
    if (unreachFamily === 0 || unreachStart === unreachEnd) continue;
    const prefixes = new PrefixTable(unreachFamily);
    const writer = new UpdateWriter();
    writer.beginWithdraw(unreachFamily, true, 4096);
    for (let o = unreachStart; o < unreachEnd; o = nextPrefix(bytes, o)) {
      const pathId = readUint32(bytes, o);
      o += PATH_ID_BYTES;
      prefixes.loadNlri(bytes, o);
      expect(writer.addWithdrawn(prefixes, prefixes.findOrAdd(), pathId)).toBe(true);
    }
    writer.finishWithdraw();
    expect(toHex(writer.bytes.subarray(0, writer.end))).toBe(toHex(bytes));
    count++;
  }
  expect(count).toBeGreaterThanOrEqual(2);
});
