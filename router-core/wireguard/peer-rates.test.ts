import { expect, test } from 'vitest';
import { instant, peerId } from '../base/units.ts';
import { PeerRates } from './peer-rates.ts';

const PEER = peerId(3);

test('a peer with a limit gets its rate and a tenth of a second at once', () => {
  const rates = new PeerRates(8);
  rates.set(PEER, 1000, instant(0));
  const taken = (at: number, tries: number): number =>
    Array.from({ length: tries }, () => rates.admits(PEER, instant(at))).filter(Boolean).length;
  expect(taken(0, 500)).toBe(100);
  expect(taken(50, 500)).toBe(50);
  let total = 0;
  for (let ms = 51; ms <= 1050; ms++) total += taken(ms, 10);
  expect(total).toBe(1000);
});

test('without a limit everything is taken', () => {
  const rates = new PeerRates(8);
  for (let i = 0; i < 1000; i++) expect(rates.admits(PEER, instant(0))).toBe(true);
});

test('a low limit still lets a handful through at once', () => {
  const rates = new PeerRates(8);
  rates.set(PEER, 10, instant(0));
  expect(
    Array.from({ length: 100 }, () => rates.admits(PEER, instant(0))).filter(Boolean),
  ).toHaveLength(32);
});
