import { afterEach, beforeEach, expect, test } from 'vitest';
import { fixtureIndex } from '../../../router-core/registry/fixtures/fixture-registry.ts';
import type { Actor } from '../../_auth/index.ts';
import { createRegistryQuestions } from '../../_registry/index.ts';
import {
  ALDER,
  BASALT,
  newKey,
  OPERATOR,
  startTestPortal,
  type TestPortal,
} from '../testing/test-portal.ts';
import { capturePeering, type StartedCapture } from './capture.ts';
import { requestPeering } from './request.ts';

const registry = createRegistryQuestions(fixtureIndex(), { trustPersonKeys: false });
let at: TestPortal;
let id: string;
beforeEach(async () => {
  at = await startTestPortal({ registry });
  const input = { publicKey: newKey(), endpoint: '45.32.1.2:51820' };
  ({ id } = await requestPeering({ ctx: at.as(ALDER), input }));
});
afterEach(() => at.end());

const capture = (actor: Actor, signal = new AbortController().signal): Promise<StartedCapture> =>
  capturePeering({ ctx: at.as(actor), id, limits: { seconds: 5 }, signal });

test('only the operator captures; a member, even the owner, does not, and others know of nothing', async () => {
  await expect(capture(ALDER)).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(capture(BASALT)).rejects.toMatchObject({ code: 'PEERING_UNKNOWN' });
  await expect(capture({ kind: 'visitor' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  expect(at.router.captures).toEqual([]);
  await capture(OPERATOR);
  expect(at.router.captures).toEqual([{ seconds: 5, peering: id }]);
});

test('a peering that waits for approval has no tunnel to look into', async () => {
  await at.portal.database.peering.update({ where: { id }, data: { administrative: 'pending' } });
  await expect(capture(OPERATOR)).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
});

test('the audit says who looked, at what and how long, before the first packet', async () => {
  let audited: unknown;
  at.router.answerCaptures(async function* () {
    audited = await at.portal.database.audit.findFirst({ orderBy: { number: 'desc' } });
    yield Uint8Array.of(1);
  });
  await capture(OPERATOR);
  expect(audited).toMatchObject({
    action: 'peering.capture',
    actor: 'operator:token',
    node: 'tokyo',
    subject: id,
    detail: { seconds: 5 },
  });
});

test('a reader that goes away ends the capture, also while no packet comes', async () => {
  let hasEnded = false;
  at.router.answerCaptures(async function* (signal) {
    try {
      yield Uint8Array.of(1);
      await new Promise<void>((resolve) => {
        if (signal?.aborted) resolve();
        else signal?.addEventListener('abort', () => resolve(), { once: true });
      });
    } finally {
      hasEnded = true;
    }
  });
  const { file } = await capture(OPERATOR);
  const reader = file.getReader();
  expect((await reader.read()).value).toEqual(Uint8Array.of(1));
  await reader.cancel();
  await expect.poll(() => hasEnded, { timeout: 10_000 }).toBe(true);
});
