/**
 * Real devices. They live in a network namespace of the test, which is gone with it.
 */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { closeSync, openSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Libc, loadLibc } from '../libc.ts';
import { addressesOf } from './tap-addresses.ts';
import { DeviceBench, interfaceConf, SLOTS, until } from './testing/device-bench.ts';

const CLONE_NEWNET = 0x40000000;
/** linux/capability.h: version 3 of the header, and the bit. */
const CAPABILITY_VERSION = 0x20080522;
const CAP_NET_ADMIN = 12;
const IPROUTE2 = 'ip';
const OURS = Uint8Array.of(0x02, 0x42, 0xac, 0x10, 0x00, 0x01);
const TAP = {
  IType: 'tap',
  Name: 'egtest0',
  IPv4CIDR: '192.168.76.0/24',
  IPv6CIDR: 'fd95:71cb:a3df:e586::/64',
  IPv6LLPrefix: 'fe80::a3df:0/112',
} as const;

const libc = await loadLibc();
const home = openSync('/proc/self/ns/net', 'r');
const obstacle = leaveNetwork(libc);

describe.skipIf(obstacle !== undefined)(`tap${obstacle ?? ''}`, () => {
  let benches: DeviceBench[] = [];
  const open = async (conf: Parameters<typeof DeviceBench.open>[0]): Promise<DeviceBench> => {
    const bench = await DeviceBench.open(conf);
    benches.push(bench);
    // Until the system has noted the carrier, it discards what it would send.
    await until('the carrier', () => operationalState() !== 'DOWN');
    return bench;
  };
  beforeAll(() => {
    ip('link', 'set', 'lo', 'up');
  });
  afterEach(async () => {
    capable(libc, true);
    for (const { device, arena } of benches) {
      await device.close();
      expect(arena.free()).toBe(SLOTS);
    }
    benches = [];
    // A device that the test has prepared outlives its users.
    if (ip('-o', 'link').includes('egtest0')) ip('link', 'del', 'egtest0');
  });
  afterAll(() => {
    if (!('unavailable' in libc)) libc.bind('setns', ['int', 'int'])(home, CLONE_NEWNET);
    closeSync(home);
  });

  test('is as the file says, and gone when closed', async () => {
    const { device } = await open(TAP);
    expect(device).toMatchObject({ name: 'egtest0', mtu: 1404 });
    const [link] = JSON.parse(ip('-j', 'addr', 'show', 'dev', 'egtest0'));
    expect(link).toMatchObject({ mtu: 1404, address: '02:42:ac:10:00:01' });
    expect(link.flags).toEqual(expect.arrayContaining(['UP', 'LOWER_UP']));
    const addresses = link.addr_info.map(
      (info: { local: string; prefixlen: number }) => `${info.local}/${info.prefixlen}`,
    );
    expect(addresses.sort()).toEqual([
      '192.168.76.1/24',
      'fd95:71cb:a3df:e586::1/64',
      'fe80::a3df:1/64',
    ]);
    await device.close();
    expect(ip('-o', 'link')).not.toContain('egtest0');
  });

  test('the kernel answers what we ask it', async () => {
    const bench = await open(TAP);
    const ask = arpRequest([192, 168, 76, 1]);
    bench.send(ask);
    const isAnswer = (frame: Uint8Array): boolean =>
      frame[12] === 8 && frame[13] === 6 && frame[21] === 2;
    await until('an ARP reply', () => bench.frames.some(isAnswer));
    const answer = bench.frames.find(isAnswer) as Uint8Array;
    expect(answer.slice(6, 12)).toEqual(OURS);
    expect(answer.slice(0, 6)).toEqual(ask.slice(6, 12));
  });

  test('brings a burst of the kernel whole', async () => {
    const bench = await open(TAP);
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, resolve));
    socket.setBroadcast(true);
    for (let n = 0; n < 200; n++) socket.send(new Uint8Array(1000), 9, '192.168.76.255');
    const isOurs = (frame: Uint8Array): boolean => frame.length === 14 + 20 + 8 + 1000;
    await until('all', () => bench.frames.filter(isOurs).length === 200);
    socket.close();
    expect(bench.device.rejected()).toBe(0);
  });

  test('frames to an interface that is down are dropped and counted', async () => {
    const bench = await open(TAP);
    ip('link', 'set', 'egtest0', 'down');
    bench.send(arpRequest([192, 168, 76, 1]));
    expect(bench.device.dropped()).toBe(1);
    ip('link', 'set', 'egtest0', 'up');
    bench.send(arpRequest([192, 168, 76, 1]));
    expect(bench.device.dropped()).toBe(1);
  });

  test('a device that is deleted is the end', async () => {
    const bench = await open(TAP);
    ip('link', 'del', 'egtest0');
    await until('the end', () => bench.ends.length === 1);
    expect(bench.ends[0]?.error).toBeInstanceOf(Error);
  });

  test('says what right is missing', async () => {
    capable(libc, false);
    await expect(open(TAP)).rejects.toMatchObject({
      code: 'INTERFACE_NOT_PERMITTED',
      details: { hint: expect.stringContaining('CAP_NET_ADMIN') },
    });
  });

  test('a device that root has prepared needs no right', async () => {
    ip('tuntap', 'add', 'dev', 'egtest0', 'mode', 'tap', 'user', String(process.geteuid?.()));
    ip('link', 'set', 'egtest0', 'address', '02:42:ac:10:00:01', 'mtu', '1404', 'up');
    ip('addr', 'add', '192.168.76.1/24', 'dev', 'egtest0');
    capable(libc, false);
    const bench = await open({ ...TAP, IPv6CIDR: '', IPv6LLPrefix: '' });
    bench.send(arpRequest([192, 168, 76, 1]));
    await until('an ARP reply', () => bench.frames.some((frame) => frame[21] === 2));
  });

  test('what a device has counts before the system says that it runs', async () => {
    const ours = ['192.168.76.1/24', 'fd95:71cb:a3df:e586::1/64', 'fe80::a3df:1/64'];
    const others = ['192.0.2.7/24', '192.0.2.8/24', '198.51.100.1/24', '2001:db8::7/64'];
    ip('tuntap', 'add', 'dev', 'egtest0', 'mode', 'tap');
    ip('link', 'set', 'egtest0', 'mode', 'dormant');
    ip('link', 'set', 'egtest0', 'address', '02:42:ac:10:00:01', 'mtu', '1404', 'up');
    for (const address of [...ours, ...others]) ip('addr', 'add', address, 'dev', 'egtest0');
    await open(TAP);
    const [link] = JSON.parse(ip('-j', 'addr', 'show', 'dev', 'egtest0'));
    expect(operationalState()).toBe('DORMANT');
    expect(
      link.addr_info.map(
        (info: { local: string; prefixlen: number }) => `${info.local}/${info.prefixlen}`,
      ),
    ).toEqual(expect.arrayContaining(ours));
    expect(link.addr_info).toHaveLength(ours.length);
  });

  test('an address that the device had before goes when the file has a link-local one', async () => {
    ip('tuntap', 'add', 'dev', 'egtest0', 'mode', 'tap');
    ip('addr', 'add', '192.0.2.7/24', 'dev', 'egtest0');
    ip('addr', 'add', '192.0.2.8/24', 'dev', 'egtest0');
    await open(TAP);
    const addresses = ip('-o', 'addr', 'show', 'dev', 'egtest0');
    expect(addresses).not.toContain('192.0.2.');
    expect(addresses.trim().split('\n')).toHaveLength(3);
  });
});

describe('addresses', () => {
  test('come from the prefixes and the number', () => {
    const { added, isExclusive } = addressesOf(
      interfaceConf({ IPv4CIDR: '192.0.2.0/24' }),
      258 - 5,
    );
    expect(added).toEqual([
      { address: { family: 4, bytes: Uint8Array.of(192, 0, 2, 253) }, length: 24 },
    ]);
    expect(isExclusive).toBe(false);
  });

  test.each([
    { IPv4CIDR: '192.0.2.0/30' },
    { IPv4CIDR: 'fe80::/64' },
    { IPv6LLPrefix: '2001:db8::/64' },
  ])('that are none are refused: %o', (conf) => {
    expect(() => addressesOf(interfaceConf(conf), 9)).toThrow(
      expect.objectContaining({ code: 'MESH_ADDRESS' }),
    );
  });
});

/** Gives this process a network of its own; returns why that is impossible. */
function leaveNetwork(calls: Libc | { readonly unavailable: string }): string | undefined {
  if ('unavailable' in calls) return `, skipped: ${calls.unavailable}`;
  const result = calls.bind('unshare', ['int'])(CLONE_NEWNET);
  return result < 0 ? `, skipped: no network namespace of our own (errno ${-result})` : undefined;
}

/** Takes CAP_NET_ADMIN from the thread of this test, or gives it back. */
function capable(calls: Libc | { readonly unavailable: string }, isCapable: boolean): void {
  if ('unavailable' in calls) return;
  const header = new Uint8Array(Uint32Array.of(CAPABILITY_VERSION, 0).buffer);
  const sets = new Uint32Array(6);
  const octets = new Uint8Array(sets.buffer);
  expect(calls.bind('capget', ['void *', 'void *'])(header, octets)).toBe(0);
  const effective = sets[0] as number;
  sets[0] = isCapable ? effective | (1 << CAP_NET_ADMIN) : effective & ~(1 << CAP_NET_ADMIN);
  expect(calls.bind('capset', ['void *', 'void *'])(header, octets)).toBe(0);
}

const ip = (...args: string[]): string =>
  execFileSync(IPROUTE2, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** As RFC 2863 has it: DOWN until the system has noted the carrier, then UP or DORMANT. */
function operationalState(): string {
  const [link] = JSON.parse(ip('-j', 'link', 'show', 'dev', TAP.Name));
  return link.operstate;
}

/** Who has the address? RFC 826. */
function arpRequest(target: readonly number[]): Uint8Array {
  const frame = new Uint8Array(42);
  const sender = [0x02, 0x42, 0xac, 0x10, 0x00, 0x02];
  frame.set([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...sender, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
  frame.set([...sender, 192, 168, 76, 2], 22);
  frame.set(target, 38);
  return frame;
}
