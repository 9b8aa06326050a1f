import { describe, expect, test } from 'vitest';
import { DISCARD, seconds } from '../base/units.ts';
import * as L from '../packet/plane-layout.ts';
import { KEY_PAIR_ROWS } from '../wireguard/index.ts';
import { slotsInUse, World } from './testing/routed-world.ts';
import { type TestDatagram, TestPlane } from './testing/test-plane.ts';

const carried = (): World => new World({ plane: true }).connect();
const planeOf = (world: World): TestPlane => world.carried as TestPlane;

/** A packet of UDP from alice's network to bob's, whose payload tells them apart. */
function packet(mark: number, payload = 100): Uint8Array {
  const octets = new Uint8Array(40 + payload).fill(mark, 40);
  octets[0] = 0x60;
  octets.set([payload >>> 8, payload, 17, 64], 4);
  octets.set([0xfd, 1], 8);
  octets.set([0xfd, 2], 24);
  octets[39] = mark;
  return octets;
}
const marksOf = (packets: readonly Uint8Array[]): number[] => packets.map((p) => p[39] as number);

/** What alice's device seals for these packets, not sent yet. */
function sealed(world: World, ...packets: readonly Uint8Array[]): TestDatagram[] {
  const kept: TestDatagram[] = [];
  const { outbox } = world.alice;
  const push = outbox.push.bind(outbox);
  outbox.push = (...datagrams) => kept.push(...datagrams);
  for (const octets of packets) world.alice.send(octets);
  outbox.push = push;
  return kept;
}

describe('forwarding', () => {
  test('a packet crosses without the router, one hop shorter', () => {
    const world = carried();
    world.punted = 0;
    world.alice.send(packet(1));
    expect(marksOf(world.bob.received)).toEqual([1]);
    expect(world.bob.received[0]?.[7]).toBe(63);
    expect(world.punted).toBe(0);
    const view = world.device.view(world.peers.bob);
    expect(view.txBytes).toBeGreaterThan(140);
    expect(world.netstack.interfaceView(world.links.alice)).toMatchObject({
      rxPackets: 1,
      rxBytes: 140,
    });
    expect(world.netstack.interfaceView(world.links.bob)).toMatchObject({ txPackets: 1 });
    expect(slotsInUse(world)).toBe(0);
  });

  test('what is discarded confirms its key pair and counts like any message, and no router sees it', () => {
    const world = new World({ plane: true });
    const { routes } = world.netstack;
    routes.set(6, packet(1), 24, 128, DISCARD);
    world.alice.send(packet(1));
    expect(world.bob.received).toEqual([]);
    expect(world.punted).toBe(0);
    expect(planeOf(world).drop(L.DROP_BLACKHOLE)).toBe(1);
    expect(world.netstack.interfaceView(world.links.alice).rxPackets).toBe(1);
    // The other way is open: the router knows that alice has the keys.
    world.bob.send(reversed(packet(2)));
    expect(world.alice.received).toHaveLength(1);
    routes.remove(6, packet(1), 24, 128);
    world.alice.send(packet(1));
    expect(marksOf(world.bob.received)).toEqual([1]);
    expect(slotsInUse(world)).toBe(0);
  });

  test('the packets of a batch keep their order, and those of one peer stand together', () => {
    const world = carried();
    const batch = sealed(world, ...Array.from({ length: 40 }, (_, i) => packet(i + 1)));
    world.deliver(...batch);
    world.settle();
    expect(marksOf(world.bob.received)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  test('9,000 octets cross in one piece where both links carry them', () => {
    const world = new World({ plane: true, mtu: 9000 }).connect();
    world.alice.send(packet(1, 8960));
    expect(world.bob.received[0]?.length).toBe(9000);
  });

  test('a capture sees every packet of its interface', () => {
    const world = carried();
    world.punted = 0;
    const plane = planeOf(world);
    world.life?.plane.setPunted(world.links.bob, true, true);
    world.alice.send(packet(1));
    world.life?.plane.setPunted(world.links.bob, false, false);
    world.alice.send(packet(2));
    expect(marksOf(world.bob.received)).toEqual([1, 2]);
    expect(world.punted).toBe(1);
    expect(plane.drop(L.DROP_QUEUE_FULL)).toBe(0);
  });
});

describe('key pairs', () => {
  test('a replayed message is dropped, late ones within the window are taken (paper §5.4.6)', () => {
    const world = carried();
    const [first, second, third] = sealed(world, packet(1), packet(2), packet(3));
    world.deliver(third as TestDatagram);
    world.deliver(first as TestDatagram, first as TestDatagram, second as TestDatagram);
    world.deliver(third as TestDatagram);
    world.settle();
    expect(marksOf(world.bob.received)).toEqual([3, 1, 2]);
    expect(planeOf(world).drop(L.DROP_REPLAYED)).toBe(2);
  });

  test('a changed octet is noticed, and nothing of it is forwarded', () => {
    const world = carried();
    const [message] = sealed(world, packet(1));
    const bytes = (message as TestDatagram).bytes.slice();
    bytes[40] = (bytes[40] as number) ^ 1;
    world.deliver({ ...(message as TestDatagram), bytes });
    world.settle();
    expect(world.bob.received).toEqual([]);
    expect(planeOf(world).drop(L.DROP_NOT_AUTHENTIC)).toBe(1);
    // The counter was not used up by the forgery.
    world.deliver(message as TestDatagram);
    world.settle();
    expect(marksOf(world.bob.received)).toEqual([1]);
  });

  test('a session that is used is rekeyed in time and never breaks (paper §6.2)', () => {
    const world = carried();
    const before = world.device.view(world.peers.bob).handshakesCompleted;
    for (let second = 0; second < 400; second++) {
      world.advance(1000);
      world.alice.send(packet(second % 250));
      world.bob.send(reversed(packet(second % 250)));
    }
    expect(world.bob.received.length).toBe(400);
    expect(world.alice.received.length).toBe(400);
    expect(world.device.view(world.peers.bob).handshakesCompleted).toBeGreaterThanOrEqual(
      before + 3,
    );
  });

  test('after 180 s without a new one nothing is opened or sealed (paper §6.1)', () => {
    const world = carried();
    const [message] = sealed(world, packet(1));
    world.advance(seconds(181));
    world.deliver(message as TestDatagram);
    world.settle();
    expect(world.bob.received).toEqual([]);
    expect(planeOf(world).drop(L.DROP_KEY_EXPIRED)).toBe(1);
  });

  test('540 s after the last one every key is overwritten (paper §6.3)', () => {
    const world = carried();
    world.advance(seconds(545));
    const keys = new Uint8Array(
      planeOf(world).buffer,
      L.BANK + L.BANK_KEY_PAIRS,
      200 * L.KEY_PAIR_BYTES,
    );
    for (let row = 0; row < 200; row++) {
      const at = row * L.KEY_PAIR_BYTES;
      const both = keys.slice(at + L.KEY_PAIR_SEND_KEY, at + L.KEY_PAIR_WINDOW);
      expect(both.every((octet) => octet === 0)).toBe(true);
    }
  });
});

describe('timers and roaming', () => {
  test('who receives data and has none to send answers with a keepalive after 10 s (paper §6.5)', () => {
    const world = carried();
    world.advance(seconds(20));
    const sent = world.sent.length;
    world.alice.send(packet(1));
    world.advance(seconds(9.5));
    const towardsAlice = (): number =>
      world.sent.slice(sent).filter(({ port }) => port === 1001).length;
    expect(towardsAlice()).toBe(0);
    world.advance(seconds(1.5));
    expect(towardsAlice()).toBe(1);
  });

  test('data without any answer leads to a new handshake after 15 s (paper §6.5)', () => {
    const world = carried();
    // Bob is gone: nothing of his arrives any more.
    world.bob.hear = () => undefined;
    const before = world.device.view(world.peers.bob).initiationsSent;
    world.alice.send(packet(1));
    world.advance(seconds(14.9));
    expect(world.device.view(world.peers.bob).initiationsSent).toBe(before);
    world.advance(seconds(1.5));
    expect(world.device.view(world.peers.bob).initiationsSent).toBe(before + 1);
  });

  test('a peer that speaks from another address is answered there (paper §2.1)', () => {
    const world = carried();
    world.bob.port = 2002;
    world.bob.address = '192.0.2.77';
    world.bob.send(reversed(packet(9)));
    world.alice.send(packet(1));
    expect(world.sent.at(-1)).toMatchObject({ port: 2002, address: Uint8Array.of(192, 0, 2, 77) });
    expect(world.device.view(world.peers.bob).endpoint?.port).toBe(2002);
  });

  test('a forged message does not move a peer', () => {
    const world = carried();
    const [message] = sealed(world, packet(1));
    const bytes = (message as TestDatagram).bytes.slice();
    bytes[30] = (bytes[30] as number) ^ 1;
    world.deliver({ ...(message as TestDatagram), bytes, port: 6666 });
    expect(world.device.view(world.peers.alice).endpoint?.port).toBe(1001);
  });
});

describe('bounds', () => {
  test('one peer cannot fill the ring of punts', () => {
    const world = carried();
    const plane = planeOf(world);
    // Packets for nobody: each is the router's business, which does not look meanwhile.
    const batches = Array.from({ length: 4 }, () =>
      sealed(world, ...Array.from({ length: 50 }, strayPacket)),
    );
    for (const batch of batches) plane.receive(batch, world.now);
    const waiting = (): number => {
      const words = new Int32Array(plane.buffer);
      return (
        (words[(L.PUNTS + L.RING_HEAD) >> 2] as number) -
        (words[(L.PUNTS + L.RING_TAIL) >> 2] as number)
      );
    };
    expect(waiting()).toBe(128);
    expect(plane.drop(L.DROP_QUEUE_FULL)).toBe(72);
    world.settle();
    expect(slotsInUse(world)).toBe(0);
  });

  test('octets of any kind are dropped with a reason, and nothing is thrown', () => {
    const world = carried();
    const base = sealed(world, packet(1))[0] as TestDatagram;
    for (let length = 0; length <= 200; length++) {
      for (const first of [0, 1, 2, 3, 4, 5, 255]) {
        const bytes = new Uint8Array(length).fill(length);
        if (length > 0) bytes.set([first, 0, 0, 0].slice(0, length));
        world.deliver({ ...base, bytes });
      }
    }
    world.settle();
    expect(world.bob.received).toEqual([]);
    expect(slotsInUse(world)).toBe(0);
  });
});

describe('lives of the router', () => {
  test('packets of known routes pass while the next router starts, then it takes over', () => {
    const first = carried();
    const carriedBy = planeOf(first);
    // The router is gone; its packet worker is not.
    first.alice.send(packet(1));
    const second = new World({ plane: true, carried: carriedBy, bank: 1 });
    // Peers of the former life speak on; nobody of this one knows them.
    const [message] = sealed(first, packet(2));
    const sent = carriedBy.receive([message as TestDatagram], first.now);
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ port: 1002 });
    // After its handshakes the second life routes.
    second.connect();
    expect(second.life?.plane.hasCaughtUp(second.now)).toBe(true);
    second.life?.plane.goLive();
    second.alice.send(packet(3));
    expect(marksOf(second.bob.received)).toEqual([3]);
  });

  test('until then the first packet of a new session is routed by the former life too', () => {
    const first = carried();
    const second = new World({ plane: true, carried: planeOf(first), bank: 1 });
    second.life?.plane.setPunted(second.links.alice, true, true);
    // It waits for the handshake, then confirms it.
    second.alice.send(packet(1));
    expect(second.sent.filter(({ port }) => port === 1002)).toHaveLength(1);
    expect(second.punted).toBe(0);
    expect(second.drops()).toEqual({});
    expect(second.device.view(second.peers.alice).handshakesCompleted).toBe(1);
    // The answer finds the confirmed key pair.
    second.life?.plane.goLive();
    second.connect();
    second.bob.send(reversed(packet(2)));
    expect(second.alice.received).toHaveLength(1);
  });

  test('a bank that is used again is empty', () => {
    const world = carried();
    const carriedBy = planeOf(world);
    const [message] = sealed(world, packet(1));
    const { plane } = carriedBy.life(0, KEY_PAIR_ROWS);
    expect(carriedBy.receive([message as TestDatagram], world.now)).toEqual([]);
    expect(carriedBy.drop(L.DROP_UNKNOWN_INDEX)).toBe(1);
    expect(plane.routeWords(4).every((word, i) => word === 0 || i === 0)).toBe(true);
  });
});

test('the layout is one without gaps that overlap', () => {
  expect(L.FIB_DISCARD).toBe(DISCARD);
  const control = Object.entries(L).filter(([name]) => /^CONTROL_(?!BYTES)/.test(name));
  expect(new Set(control.map(([, at]) => at)).size).toBe(control.length);
  expect(L.ENTRY_BYTES % 64).toBe(0);
  expect(L.KEY_PAIR_BYTES % 64).toBe(0);
  expect(L.PLANE_SLOT_BYTES % 64).toBe(0);
  expect(L.BANK_BYTES % 64).toBe(0);
  expect(L.PLANE_PAGES * 65_536).toBeGreaterThanOrEqual(L.PLANE_BYTES);
  expect(new TestPlane().functions.layoutSum()).toBe(L.PLANE_LAYOUT_SUM);
});

/** The same packet from bob's network to alice's. */
function reversed(octets: Uint8Array): Uint8Array {
  const back = octets.slice();
  back.set([0xfd, 2], 8);
  back.set([0xfd, 1], 24);
  return back;
}

function strayPacket(): Uint8Array {
  const stray = packet(7);
  stray.set([0xfd, 3], 24);
  return stray;
}
