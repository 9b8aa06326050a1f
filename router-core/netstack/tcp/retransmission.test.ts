import { expect, test } from 'vitest';
import { milliseconds } from '../../base/units.ts';
import { Congestion } from './congestion.ts';
import { Recovery } from './recovery.ts';
import { RetransmissionTimeout } from './retransmission.ts';
import { advance, sequenceNumber } from './sequence-number.ts';

const createTimeout = () => new RetransmissionTimeout(milliseconds(200), milliseconds(60_000));

test('the timeout follows the measurements (RFC 6298 §2)', () => {
  const timeout = createTimeout();
  expect(timeout.value).toBe(1000);
  timeout.measured(100);
  expect(timeout.value).toBe(300);
  timeout.measured(200);
  expect(timeout.srttMs).toBe(112.5);
  expect(timeout.value).toBe(112.5 + 4 * 62.5);
  for (let i = 0; i < 50; i++) timeout.measured(10);
  expect(timeout.value).toBe(200);
});

test('it doubles up to a minute and returns with the next measurement (RFC 6298 §5.5)', () => {
  const timeout = createTimeout();
  timeout.measured(100);
  for (let i = 0; i < 20; i++) timeout.backOff();
  expect(timeout.value).toBe(60_000);
  timeout.measured(100);
  expect(timeout.value).toBeLessThan(400);
});

test('a handshake that was retransmitted begins with three seconds (RFC 6298 §5.7)', () => {
  const timeout = createTimeout();
  timeout.backOff();
  timeout.handshakeWasRetransmitted();
  expect(timeout.value).toBe(3000);
});

test('the window doubles per round trip, then grows by a segment (RFC 5681 §3.1)', () => {
  const congestion = new Congestion(1000, 100_000);
  expect(congestion.cwnd).toBe(10_000);
  for (let i = 0; i < 10; i++) congestion.acknowledged(1000);
  expect(congestion.cwnd).toBe(20_000);
  congestion.lossDetected(20_000);
  expect(congestion.cwnd).toBe(10_000);
  for (let i = 0; i < 10; i++) congestion.acknowledged(1000);
  expect(congestion.cwnd).toBe(11_000);
  congestion.timedOut(11_000, true);
  expect([congestion.cwnd, congestion.ssthresh]).toEqual([1000, 5500]);
  congestion.timedOut(1000, false);
  expect(congestion.ssthresh).toBe(5500);
});

test('one acknowledgment of much does not open a burst (RFC 3465 §2.1)', () => {
  const congestion = new Congestion(1000, 100_000);
  congestion.acknowledged(9000);
  expect(congestion.cwnd).toBe(11_000);
});

test('the pipe counts what is neither SACKed nor lost, and what was sent again (RFC 6675 §4)', () => {
  const una = sequenceNumber(0xffff_f000);
  const nxt = advance(una, 10_000);
  const recovery = new Recovery(una, 1000, 64);
  recovery.begin(true, 1000);
  expect(recovery.pipe(una, nxt)).toBe(10_000);
  recovery.block(advance(una, 1000), advance(una, 3000), una, nxt);
  expect(recovery.duplicate(una, nxt)).toBe(false);
  expect(recovery.pipe(una, nxt)).toBe(8000);
  recovery.block(advance(una, 3000), advance(una, 4000), una, nxt);
  expect(recovery.duplicate(una, nxt)).toBe(true);
  expect(recovery.pipe(una, nxt)).toBe(6000);
  expect(recovery.findLost(una)).toBe(true);
  expect([recovery.holeStart, recovery.holeEnd]).toEqual([una, advance(una, 1000)]);
  recovery.retransmitted(advance(una, 1000));
  expect(recovery.findLost(una)).toBe(false);
  expect(recovery.pipe(una, nxt)).toBe(7000);
  expect(recovery.advanced(advance(una, 4000), nxt, 4000)).toBe(false);
  expect(recovery.advanced(nxt, nxt, 6000)).toBe(true);
  expect(recovery.phase).toBe('open');
});
