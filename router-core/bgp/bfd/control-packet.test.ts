import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../base/bytes.ts';
import { DROP_REASONS } from '../../base/drop-reason.ts';
import { BFD_STATES } from './constants.ts';
import { type ControlPacket, readControlPacket, writeControlPacket } from './control-packet.ts';
import golden from './fixtures/bfd.json';

const bytesOf = (hex: string): Uint8Array => fromHex(hex) as Uint8Array;
const UP = '20c00418c82f6bc0aa1bfbea000493e0000493e000000000';
const withOctet = (i: number, value: number): Uint8Array => {
  const bytes = bytesOf(UP);
  bytes[i] = value;
  return bytes;
};

test.each(golden.packets.map((packet, i) => ({ i, ...packet })))(
  'packet $i of two BIRDs is read and written again',
  ({ hex, decoded }) => {
    const bytes = bytesOf(hex);
    const packet = readControlPacket(bytes, 0, bytes.length);
    expect(packet).toEqual({
      diagnostic: decoded.diag,
      state: decoded.state.toLowerCase(),
      poll: decoded.flags.includes('P'),
      final: decoded.flags.includes('F'),
      controlPlaneIndependent: false,
      demand: false,
      detectMult: decoded.detectMult,
      myDiscriminator: decoded.myDiscriminator,
      yourDiscriminator: decoded.yourDiscriminator,
      desiredMinTx: decoded.desiredMinTx,
      requiredMinRx: decoded.requiredMinRx,
      requiredMinEchoRx: decoded.requiredMinEchoRx,
    });
    const written = new Uint8Array(24);
    writeControlPacket(written, packet as ControlPacket);
    expect(toHex(written)).toBe(hex);
  },
);

test.each([
  ['a version other than 1', withOctet(0, 0x40), 'malformed'],
  ['a length below 24', withOctet(3, 23), 'malformed'],
  ['a length beyond the datagram', withOctet(3, 25), 'truncated'],
  ['23 octets', bytesOf(UP).subarray(0, 23), 'truncated'],
  ['a multiplier of 0', withOctet(2, 0), 'malformed'],
  ['the multipoint bit', withOctet(1, 0xc1), 'malformed'],
  ['an authentication section', withOctet(1, 0xc4), 'bfd-authenticated'],
  ['no discriminator of its own', bytesOf(`20c0041800000000${UP.slice(16)}`), 'malformed'],
  ['Up without ours', bytesOf(`${UP.slice(0, 16)}00000000${UP.slice(24)}`), 'malformed'],
])('%s is refused (RFC 5880 §6.8.6)', (_, bytes, reason) => {
  expect(readControlPacket(bytes, 0, bytes.length)).toBe(reason);
});

test('any octets give a packet or a reason; what was written is read again', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const reading = readControlPacket(bytes, 0, bytes.length);
      if (typeof reading === 'string') expect(DROP_REASONS).toContain(reading);
    }),
  );
  const interval = fc.integer({ min: 0, max: 0xffffffff });
  const packets = fc.record<ControlPacket>({
    diagnostic: fc.integer({ min: 0, max: 31 }),
    state: fc.constantFrom(...BFD_STATES),
    poll: fc.boolean(),
    final: fc.boolean(),
    controlPlaneIndependent: fc.boolean(),
    demand: fc.boolean(),
    detectMult: fc.integer({ min: 1, max: 255 }),
    myDiscriminator: fc.integer({ min: 1, max: 0xffffffff }),
    yourDiscriminator: fc.integer({ min: 1, max: 0xffffffff }),
    desiredMinTx: interval,
    requiredMinRx: interval,
    requiredMinEchoRx: interval,
  });
  fc.assert(
    fc.property(packets, (packet) => {
      const bytes = new Uint8Array(24);
      writeControlPacket(bytes, packet);
      expect(readControlPacket(bytes, 0, 24)).toEqual(packet);
    }),
  );
});
