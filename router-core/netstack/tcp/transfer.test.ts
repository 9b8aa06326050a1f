import { expect, test } from 'vitest';
import { equalBytes } from '../../base/bytes.ts';
import { seededRandom } from '../../base/random.ts';
import { milliseconds } from '../../base/units.ts';
import {
  TCP_OPTION_MSS,
  TCP_OPTION_SACK_PERMITTED,
  TCP_OPTION_TIMESTAMPS,
  TCP_OPTION_WINDOW_SCALE,
} from '../../packet/index.ts';
import type { ConnectionId } from './index.ts';
import {
  createNetwork,
  type Host,
  type Network,
  type NetworkOptions,
} from './testing/two-stacks.ts';

const MEGABYTE = 1 << 20;
const minutes = (n: number) => milliseconds(n * 60_000);

test('carries two megabytes both ways without loss', () => {
  transferBothWays({ seed: 1, delayMs: 20 }, 2 * MEGABYTE);
});

test('carries data over IPv4 and a narrow path', () => {
  transferBothWays({ seed: 2, family: 4, mtu: 576 }, MEGABYTE / 4);
});

// A tail lost many times in a row must not end these runs: what is tested is that octets arrive.
const PATIENCE = { lingerTimeout: minutes(60), userTimeout: minutes(60), timeWait: minutes(120) };
const STORM = { loss: 0.2, duplication: 0.1, delayMs: 10, jitterMs: 30, limits: PATIENCE };

test.each([1, 2, 3, 4, 5, 6])(
  'survives loss of a fifth, reordering and duplication, seed %i',
  (seed) => {
    transferBothWays({ ...STORM, seed }, 2 * MEGABYTE);
  },
);

/** `npm run soak` carries the fifty megabytes of the acceptance list; ten times the buffers do daily. */
const BULK = (process.env.ROOTLESS42_SOAK === undefined ? 5 : 50) * MEGABYTE;

test('a bulk transfer crosses a path that loses a fifth and reorders', () => {
  transferOneWay({ ...STORM, seed: 30 }, BULK);
});

test.each([
  ['without SACK', [TCP_OPTION_SACK_PERMITTED]],
  ['without timestamps', [TCP_OPTION_TIMESTAMPS]],
  ['without window scale', [TCP_OPTION_WINDOW_SCALE]],
  [
    'without any option',
    [TCP_OPTION_MSS, TCP_OPTION_SACK_PERMITTED, TCP_OPTION_TIMESTAMPS, TCP_OPTION_WINDOW_SCALE],
  ],
])('survives the same with a peer %s', (_, unknownOptions) => {
  transferBothWays({ ...STORM, seed: 20, unknownOptions }, MEGABYTE / 2);
});

test.each([11, 12, 13, 14])('survives tiny buffers under loss, seed %i', (seed) => {
  const tiny = { sendBufferBytes: 3000, receiveBufferBytes: 2500, outOfOrderRanges: 2 };
  transferBothWays({ ...STORM, seed, limits: { ...PATIENCE, ...tiny } }, 50_000);
});

/** Alice sends `octets`, bob reads them; kept is only what is under way. */
function transferOneWay(options: NetworkOptions, octets: number): void {
  const network = createNetwork(options);
  const { alice, bob } = network;
  const ends = network.establish();
  const block = seededRandom(9).bytes(4093);
  const into = new Uint8Array(64 * 1024);
  let written = 0;
  let read = 0;
  network.runWhile(() => {
    while (written < octets) {
      const start = written % block.length;
      const stop = Math.min(block.length, start + octets - written);
      const taken = alice.stack.write(ends.alice, block, start, stop, network.now());
      written += taken;
      if (taken < stop - start) break;
    }
    for (;;) {
      const got = bob.stack.read(ends.bob, into, network.now());
      if (got === 0) break;
      for (let i = 0; i < got; i++)
        if (into[i] !== block[(read + i) % block.length])
          throw new Error(`octet ${read + i} differs`);
      read += got;
    }
    return read === octets;
  }, 100 * 3_600_000);
  expect(read).toBe(octets);
}

/** Both sides send `octets`, read in pieces of random size, close, and nothing is left. */
function transferBothWays(options: NetworkOptions, octets: number): void {
  const network = createNetwork(options);
  const { alice, bob } = network;
  const ends = network.establish();
  const sides = [
    createSide(network, alice, ends.alice, octets, 100 + (options.seed ?? 0)),
    createSide(network, bob, ends.bob, octets, 200 + (options.seed ?? 0)),
  ] as const;
  network.runWhile(() => {
    for (const side of sides) side.act();
    return sides.every((side) => side.isClosed());
  }, 100 * 3_600_000);
  expect(equalBytes(sides[0].received(), sides[1].sent)).toBe(true);
  expect(equalBytes(sides[1].received(), sides[0].sent)).toBe(true);
  network.run();
  for (const host of [alice, bob]) {
    expect(host.timerQueue.armed()).toBe(0);
    expect(host.arena.free()).toBe(host.arena.slots);
    expect(host.stack.nextOutput()).toBeUndefined();
  }
  for (const side of sides) expect(side.reason()).toBe('finished');
}

function createSide(network: Network, host: Host, id: ConnectionId, octets: number, seed: number) {
  const random = seededRandom(seed);
  const sent = random.bytes(octets);
  const received = new Uint8Array(octets);
  let written = 0;
  let read = 0;
  let hasClosed = false;
  const closed = () => host.events.find((e) => e.kind === 'closed');
  return {
    sent,
    received: () => received.subarray(0, read),
    isClosed: () => closed() !== undefined,
    reason: () => {
      const event = closed();
      return event?.kind === 'closed' ? event.reason : undefined;
    },
    act() {
      const now = network.now();
      if (written < octets) {
        const stop = Math.min(octets, written + 1 + random.below(20_000));
        written += host.stack.write(id, sent, written, stop, now);
      } else if (!hasClosed) {
        hasClosed = true;
        host.stack.close(id, now);
      }
      for (;;) {
        const into = new Uint8Array(1 + random.below(5000));
        const got = host.stack.read(id, into, now);
        if (got === 0) break;
        received.set(into.subarray(0, got), read);
        read += got;
      }
    },
  };
}
