import { expect, test } from 'vitest';
import { presentPeering } from './presentation.ts';

const AT = '2026-11-21T14:02:11.000Z';
const entry = (step: 'requested' | 'provisioned' | 'established' | 'down') => ({
  step,
  at: AT,
  detail: null,
  operation: null,
});
const BASE = {
  administrative: 'enabled',
  operational: 'provisioned',
  sessionShape: 'mp-bgp',
  diagnosis: [],
  timeline: [entry('requested'), entry('provisioned')],
} as const;

test('a new peering waits for the other router; its cable has begun', () => {
  expect(presentPeering(BASE)).toMatchObject({
    word: 'waiting',
    cable: 'coming-up',
    station: 'first-packet',
  });
});

test('with a finding it is stuck, with the station where', () => {
  const diagnosis = [{ code: 'WG_KEY_UNKNOWN', text: '', since: AT, severity: 'bad' }] as const;
  expect(presentPeering({ ...BASE, diagnosis })).toMatchObject({
    word: 'stuck',
    chip: 'warn',
    station: 'first-packet',
  });
});

test('what was up and is not any more is down, not coming up', () => {
  const timeline = [...BASE.timeline, entry('established'), entry('down')];
  expect(presentPeering({ ...BASE, operational: 'handshake', timeline })).toMatchObject({
    word: 'down',
    cable: 'down',
  });
});

test('what people decided comes before what the router sees', () => {
  expect(presentPeering({ ...BASE, administrative: 'disabled' })).toMatchObject({
    word: 'disabled',
    cable: 'disabled',
  });
  expect(presentPeering({ ...BASE, administrative: 'suspended' }).cable).toBe('quarantined');
});
