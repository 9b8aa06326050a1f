/**
 * Latency, jitter and loss of one link, and what they cost.
 *
 * @module
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { instant } from '../../../base/units.ts';
import { LinkMeter } from './link-meter.ts';
import { qualityPenalty } from './quality.ts';

describe('loss', () => {
  test('is the share of numbers that did not come, among the last 64', () => {
    const meter = measured([5, 6, 7, 9, 11]);
    expect(meter.loss).toBeCloseTo(2 / 7);
    for (let number = 12; number < 76; number++) meter.pingReceived(number, 0.01, instant(0));
    expect(meter.loss).toBe(0);
  });

  test('is not known of the original, which numbers nothing', () => {
    expect(measured([0, 0, 0]).loss).toBeUndefined();
  });

  test('of pings that come late is taken back, and twice is once', () => {
    const meter = measured([1, 2, 4, 4, 4]);
    expect(meter.loss).toBe(1 / 4);
    meter.pingReceived(3, 0.01, instant(0));
    expect(meter.loss).toBe(0);
  });

  test('begins anew with a sender that was restarted', () => {
    expect(measured([90_000, 90_001, 90_005, 1]).loss).toBe(0);
    expect(measured([5, 6, 4_000_000]).loss).toBe(0);
  });

  test('is a share, whatever the numbers', () => {
    const number = fc.oneof(fc.nat(200), fc.nat(0xffff_ffff));
    fc.assert(
      fc.property(fc.array(number, { maxLength: 100 }), (numbers) => {
        const { loss } = measured(numbers);
        if (numbers.every((each) => each === 0)) expect(loss).toBeUndefined();
        else {
          expect(loss).toBeGreaterThanOrEqual(0);
          expect(loss).toBeLessThan(1);
        }
      }),
    );
  });
});

describe('latency', () => {
  test('may be negative: clocks differ', () => {
    const meter = new LinkMeter(0);
    expect(meter.pingReceived(1, -3.5, instant(0))).toBe(-3.5);
    expect(meter.latency).toBe(-3.5);
  });

  test('of pings that waited for a handshake at their sender is not believed', () => {
    const meter = new LinkMeter(0);
    expect(meter.pingReceived(0, 20, instant(0))).toBeUndefined();
    expect(meter.pingReceived(0, 16, instant(2))).toBeUndefined();
    expect(meter.latency).toBeUndefined();
    expect(meter.pingReceived(0, 0.02, instant(4))).toBe(0.02);
    // From the first good one on, whatever comes is believed.
    expect(meter.pingReceived(0, 20, instant(4000))).toBe(20);
  });

  test('of a clock that is wrong by minutes costs one measurement', () => {
    const meter = new LinkMeter(0);
    expect(meter.pingReceived(0, 300, instant(0))).toBeUndefined();
    expect(meter.pingReceived(0, 300, instant(4000))).toBe(300);
  });
});

test('jitter is a running mean of differences', () => {
  const meter = new LinkMeter(0);
  meter.pingReceived(1, 0.01, instant(0));
  expect(meter.jitterMs).toBeUndefined();
  meter.pingReceived(2, 0.018, instant(0));
  expect(meter.jitterMs).toBeCloseTo(8);
  meter.pingReceived(3, 0.018, instant(0));
  expect(meter.jitterMs).toBeCloseTo(7.5);
});

test('the penalty', () => {
  expect(qualityPenalty(undefined, undefined)).toBe(0);
  expect(qualityPenalty(5, 0)).toBe(10);
  expect(qualityPenalty(0, 0.5)).toBe(1000);
  expect(qualityPenalty(0, 0.999)).toBe(10_000);
});

function measured(numbers: readonly number[]): LinkMeter {
  const meter = new LinkMeter(0);
  for (const number of numbers) meter.pingReceived(number, 0.01, instant(0));
  return meter;
}
