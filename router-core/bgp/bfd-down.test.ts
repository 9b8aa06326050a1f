/** What a fall of BFD does to a session: RFC 9384, RFC 5882 §4.3, RFC 8538 §3. */
import { expect, test } from 'vitest';
import type { Capability } from './capability/capability.ts';
import {
  establish,
  messagesOf,
  type ScriptedRouter,
  scriptedRouter,
  THEIR_ASN,
  theirOpen,
} from './testing/scripted-router.ts';

const restarts = (notification: boolean): Capability => ({
  kind: 'graceful-restart',
  restarting: false,
  notification,
  restartTime: 60,
  families: [{ afi: 1, safi: 1, forwarding: true }],
});
const openWith = (...capabilities: Capability[]): string =>
  theirOpen({
    capabilities: [
      { kind: 'multiprotocol', afi: 1, safi: 1 },
      { kind: 'multiprotocol', afi: 2, safi: 1 },
      ...capabilities,
      { kind: 'four-octet-as', asn: THEIR_ASN },
    ],
  });
const fall = (r: ScriptedRouter, isControlPlaneIndependent = false): void =>
  r.neighbors.bfdDown(r.neighbor, 'detection time expired', isControlPlaneIndependent, r.now);

test('an established session ends with 6/10 and is tried again after a second', () => {
  const r = scriptedRouter();
  const transport = establish(r);
  r.events();
  fall(r);
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 6/10');
  expect(r.heard).toEqual(['established', 'ended']);
  expect(r.state()).toBe('idle');
  expect(r.neighbors.view(r.neighbor)).toMatchObject({
    lastError: 'BFD: detection time expired',
    lastNotification: { direction: 'sent', notification: { code: 6, subcode: 10 } },
  });
  expect(r.events()).toContainEqual(
    expect.objectContaining({ kind: 'state', to: 'idle', because: 'BFD: detection time expired' }),
  );
  r.pass(2);
  expect(r.state()).toBe('connect');
});

test('a neighbor that would keep our routes over a NOTIFICATION gets a hard reset around it', () => {
  const r = scriptedRouter({ gracefulRestart: true });
  const transport = establish(r, openWith(restarts(true)));
  fall(r);
  expect(messagesOf(transport).at(-1)).toBe('NOTIFICATION 6/9 060a');
  expect(r.heard).toEqual(['established', 'ended']);
});

test('routes that wait for a restart stay when BFD may have fallen with the control plane', () => {
  const r = scriptedRouter({ gracefulRestart: true });
  r.lose(establish(r, openWith(restarts(false))));
  expect(r.heard).toEqual(['established', 'ended, routes kept']);
  fall(r);
  expect(r.heard).toEqual(['established', 'ended, routes kept']);
});

test('and go when the BFD of the neighbor stands apart from its control plane (C bit)', () => {
  const r = scriptedRouter({ gracefulRestart: true });
  r.lose(establish(r, openWith(restarts(false))));
  fall(r, true);
  expect(r.heard).toEqual(['established', 'ended, routes kept', 'forget']);
});

test('without a session there is nothing to end', () => {
  const r = scriptedRouter();
  r.pass(1);
  fall(r);
  expect(r.state()).toBe('connect');
  expect(messagesOf(r.last())).toEqual([]);
  r.neighbors.disable(r.neighbor, 'maintenance', r.now);
  fall(r);
  expect(r.state()).toBe('idle');
});
