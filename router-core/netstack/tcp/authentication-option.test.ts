import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { at, fromHex, readUint16, toHex } from '../../base/bytes.ts';
import {
  findTcpOption,
  IPV4_DESTINATION,
  IPV4_SOURCE,
  IPV6_DESTINATION,
  IPV6_SOURCE,
} from '../../packet/index.ts';
import {
  type AuthenticationAlgorithm,
  type CoveredSegment,
  macOf,
  TCP_OPTION_AO,
  trafficKey,
} from './authentication-option.ts';

type Vector = {
  readonly name: string;
  readonly packet: string;
  readonly trafficKey: string;
  readonly mac: string;
  readonly sourceIsn: number;
  readonly destinationIsn: number;
  readonly algorithm: AuthenticationAlgorithm;
  readonly coversOptions: boolean;
};
const { masterKey, vectors } = JSON.parse(
  readFileSync(join(import.meta.dirname, 'fixtures/tcp-ao.json'), 'utf8'),
) as { masterKey: string; vectors: Vector[] };
const MASTER = new TextEncoder().encode(masterKey);

function segmentOf(packet: string): CoveredSegment {
  const b = fromHex(packet) as Uint8Array;
  const family = at(b, 0) >> 4 === 4 ? 4 : 6;
  const octets = family === 4 ? 4 : 16;
  const [source, destination] =
    family === 4 ? [IPV4_SOURCE, IPV4_DESTINATION] : [IPV6_SOURCE, IPV6_DESTINATION];
  const start = family === 4 ? 20 : 40;
  return {
    family,
    source: b.slice(source, source + octets),
    destination: b.slice(destination, destination + octets),
    b,
    start,
    end: b.length,
    option: findTcpOption(b, start, TCP_OPTION_AO),
    sequenceExtension: 0,
  };
}

test.each(vectors)('RFC 9235 $name', (vector) => {
  const segment = segmentOf(vector.packet);
  const { b, start } = segment;
  const key = trafficKey(
    vector.algorithm,
    MASTER,
    { address: segment.source, port: readUint16(b, start), isn: vector.sourceIsn },
    { address: segment.destination, port: readUint16(b, start + 2), isn: vector.destinationIsn },
  );
  expect(toHex(key)).toBe(vector.trafficKey);
  const mac = (covered: CoveredSegment): string =>
    toHex(macOf(vector.algorithm, key, vector.coversOptions, covered));
  expect(mac(segment)).toBe(vector.mac);
  // Nothing that is covered may change.
  const flipped = b.slice();
  flipped[start + 8] = at(flipped, start + 8) ^ 1;
  expect(mac({ ...segment, b: flipped })).not.toBe(vector.mac);
  expect(mac({ ...segment, sequenceExtension: 1 })).not.toBe(vector.mac);
});

test('where options are left out they may change on the way', () => {
  const vector = vectors.find(({ coversOptions }) => !coversOptions) as Vector;
  const segment = segmentOf(vector.packet);
  const key = fromHex(vector.trafficKey) as Uint8Array;
  const b = segment.b.slice();
  // The MSS that a middlebox would lower.
  b[segment.start + 23] = 0;
  expect(toHex(macOf(vector.algorithm, key, false, { ...segment, b }))).toBe(vector.mac);
  expect(toHex(macOf(vector.algorithm, key, true, { ...segment, b }))).not.toBe(vector.mac);
});
