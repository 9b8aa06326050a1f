import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { RouterError } from '../../base/errors.ts';
import { loadUnixSockets, SOCK_DGRAM } from '../unix-sockets.ts';
import { findServiceManager } from './sd-notify.ts';

const folder = mkdtempSync(join(tmpdir(), 'r42-notify-'));
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  vi.doUnmock('koffi');
  vi.resetModules();
});

const { sdNotifyDatagrams } = JSON.parse(
  readFileSync(new URL('../interfaces/fixtures/interfaces.json', import.meta.url), 'utf8'),
);

test.each([
  ['a path', join(folder, 'notify')],
  ['an abstract name', `@r42-notify-${process.pid}`],
])('tells at %s what the original tells, and a status', async (_what, path) => {
  const sockets = await loadUnixSockets('this test');
  const fd = await sockets.bind(SOCK_DGRAM, path);
  const buffer = new Uint8Array(new ArrayBuffer(256));
  const next = (): string => {
    const octets = sockets.read(fd, sockets.addressOf(buffer), buffer.length);
    return Buffer.from(buffer.subarray(0, Math.max(0, octets))).toString();
  };
  const errors: RouterError[] = [];
  const failed = (error: RouterError): number => errors.push(error);
  const manager = await findServiceManager({ env: { NOTIFY_SOCKET: path }, failed });
  manager.tell({ READY: '1' });
  expect(next()).toBe(sdNotifyDatagrams[0]);
  manager.tell({ READY: '1', STATUS: 'three peers\nREADY=0' });
  expect(next()).toBe('READY=1\nSTATUS=three peers READY=0');
  sockets.close(fd);
  expect(errors).toEqual([]);
  manager.tell({ STOPPING: '1' });
  expect(errors[0]).toMatchObject({ code: 'INTERFACE_FAILED' });
});

test('says nothing when nobody wants to know', async () => {
  const failed = vi.fn();
  for (const env of [{}, { NOTIFY_SOCKET: '' }])
    (await findServiceManager({ env, failed })).tell({ READY: '1' });
  expect(failed).not.toHaveBeenCalled();
});

test('without koffi it is one error, and no reason to stop', async () => {
  vi.resetModules();
  vi.doMock('koffi', () => {
    throw new Error('Cannot find package koffi');
  });
  const { findServiceManager: find } = await import('./sd-notify.ts');
  const failed = vi.fn();
  const manager = await find({ env: { NOTIFY_SOCKET: '/run/x' }, failed });
  manager.tell({ READY: '1' });
  expect(failed).toHaveBeenCalledOnce();
  expect(failed.mock.calls[0]?.[0]).toMatchObject({ code: 'NATIVE_CALLS_MISSING' });
});
