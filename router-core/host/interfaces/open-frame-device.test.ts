import { afterEach, expect, test, vi } from 'vitest';
import { DeviceBench, SLOTS, testFrame } from './testing/device-bench.ts';

afterEach(() => {
  vi.doUnmock('koffi');
  vi.resetModules();
});

test('dummy never delivers and swallows what is written', async () => {
  const bench = await DeviceBench.open({ IType: 'dummy' });
  const { device, arena, frames, ends } = bench;
  expect(device).toMatchObject({ name: 'eg0', mtu: 1500 });
  bench.send(testFrame(1));
  expect([arena.free(), device.dropped(), device.rejected()]).toEqual([SLOTS, 0, 0]);
  await device.close();
  expect([frames, ends]).toEqual([[], []]);
});

test('a router interface is opened elsewhere', async () => {
  await expect(DeviceBench.open({ IType: 'router' })).rejects.toMatchObject({
    code: 'INTERFACE_NOT_SUPPORTED',
    details: { hint: expect.stringContaining('tap') },
  });
});

test.each(['unixgramsock', 'unixpacketsock', 'tap', 'vpp'] as const)(
  '%s says what is missing without koffi',
  async (IType) => {
    vi.resetModules();
    vi.doMock('koffi', () => {
      throw new Error('Cannot find package koffi');
    });
    const { DeviceBench: Bench } = await import('./testing/device-bench.ts');
    await expect(Bench.open({ IType, RecvAddr: '/nowhere/at/all' })).rejects.toMatchObject({
      code: 'NATIVE_CALLS_MISSING',
      message: expect.stringContaining(IType),
      details: { hint: expect.stringContaining('koffi') },
    });
  },
);
