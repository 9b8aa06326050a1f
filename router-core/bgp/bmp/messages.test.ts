import { describe, expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { wallTime } from '../../base/units.ts';
import { address, hexBytes } from '../testing/scripted-router.ts';
import gobgp from './fixtures/gobgp-bmp.json';
import {
  initiation,
  peerDown,
  peerUp,
  routeMonitoring,
  statisticsReport,
  termination,
} from './messages.ts';
import { readBmp } from './testing/station-reader.ts';

const hexesOf = (type: string): string[] =>
  gobgp.filter(({ decoded }) => decoded.type === type).map(({ hex }) => hex);
const [up = '', down = '', statistics = ''] = ['peer-up', 'peer-down', 'statistics'].flatMap(
  hexesOf,
);
const PEER = {
  type: 0,
  flags: 0,
  address: address('10.98.0.1'),
  asn: 4242420001,
  routerId: 0x0a620001,
};
const at = (hex: string) => wallTime(Number.parseInt(hex.slice(80, 88), 16) * 1000);

describe('our messages have the octets of GoBGP', () => {
  test('initiation', () => {
    expect(toHex(initiation('GoBGP', '3.10.0'))).toBe(hexesOf('initiation')[0]);
  });

  test('peer up with both OPENs', () => {
    const opens = readBmp(hexBytes(up)).up;
    const ours = peerUp(
      PEER,
      at(up),
      { local: address('10.98.0.2'), localPort: 179, remotePort: 37391 },
      { sent: opens?.sentOpen ?? hexBytes(''), received: opens?.receivedOpen ?? hexBytes('') },
    );
    expect(toHex(ours)).toBe(up);
  });

  test('peer down', () => {
    expect(toHex(peerDown(PEER, at(down), 3, hexBytes(down.slice(98))))).toBe(down);
  });

  test('statistics', () => {
    const ours = statisticsReport(PEER, at(statistics), [
      { type: 7, value: 7, isGauge: true },
      { type: 8, value: 7, isGauge: true },
      { type: 11, value: 0, isGauge: false },
      { type: 12, value: 0, isGauge: false },
    ]);
    expect(toHex(ours)).toBe(statistics);
  });

  test('routes of the Loc-RIB and of Adj-RIBs-In', () => {
    const wrapped = gobgp.filter(({ decoded }) => decoded.type === 'route-monitoring');
    expect(wrapped.length).toBe(36);
    for (const { hex } of wrapped) {
      const { peer, update = hexBytes('') } = readBmp(hexBytes(hex));
      if (peer === undefined) throw new Error('no peer');
      const header = {
        type: peer.type,
        flags: peer.flags,
        ...(peer.type === 3 ? {} : { address: address(peer.address) }),
        asn: peer.asn,
        routerId: Number.parseInt(hex.slice(72, 80), 16),
      };
      expect(toHex(routeMonitoring(header, at(hex), update, update.length))).toBe(hex);
    }
  });
});

test('a statistic per family has 11 octets; a gauge beyond 32 bits is whole (RFC 7854 §4.8)', () => {
  const report = statisticsReport(PEER, wallTime(1500.25), [
    { type: 9, value: 2 ** 40 + 7, family: 'ipv6', isGauge: true },
  ]);
  const heard = readBmp(report);
  expect(heard.peer).toMatchObject({ seconds: 1, microseconds: 500_250 });
  expect(heard.tlvs?.map(({ value }) => toHex(value))).toEqual(['0002010000010000000007']);
});

test('termination says why (§4.5)', () => {
  expect(toHex(termination(0))).toBe('030000000c050001000200 00'.replace(' ', ''));
});
