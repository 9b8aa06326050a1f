/**
 * The edge of a node, whose frames for others the packet worker passes on: supervisor, router worker and packet worker
 * with real threads and sockets on loopback.
 *
 *   node 1 ─► node 2, the router ─► node 3
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assert } from '../../base/assert.ts';
import type { PacketPath } from '../../base/underlay-wish.ts';
import { ownBundles } from '../testing/bundles.ts';
import { freePort } from '../testing/free-port.ts';
import { contentFor, HEAD } from '../testing/mesh-contents.ts';
import { MeshNode, OWN } from '../testing/mesh-node.ts';
import { LOST_MAX, pause, until } from '../testing/test-node.ts';

const KINDS: readonly PacketPath[] = ['batched', 'burst', 'plain'];
const BROADCAST = 0xffff;

const bundles = ownBundles('node-packets-test');

describe.each(KINDS)('%s', (kind) => {
  let place: MeshNode;
  beforeAll(async () => {
    place = await MeshNode.open(kind, bundles());
  });
  afterAll(() => place.close());

  test('frames for others are passed on, and the counters of the link tell', async () => {
    const before = await place.relayedTo(3);
    for (let i = 0; i < 100; i++) {
      place.alice.send(contentFor(3, i), HEAD);
      if (i % 10 === 9) await pause(2);
    }
    await until(() => place.bob.received.length >= 100);
    expect((await place.relayedTo(3)) - before).toBe(100);
  });

  test('what is for the node reaches its IP stack, which answers', async () => {
    const answerOf = () => place.alice.received.find((content) => content[1] === 1);
    place.alice.received.length = 0;
    await until(() => {
      place.alice.send(arpRequest(), HEAD);
      return answerOf() !== undefined;
    }, 50);
    const answer = answerOf();
    assert(answer !== undefined, 'an answer');
    // From node 2 to node 1; an ARP reply of the address that was asked for.
    expect([...answer.subarray(0, 4)]).toEqual([0, 1, 0, OWN]);
    expect([...answer.subarray(16, 26)]).toEqual([8, 6, 0, 1, 8, 0, 6, 4, 0, 2]);
    expect([...answer.subarray(32, 36)]).toEqual([10, 42, 0, OWN]);
  });

  test('while the router worker is away frames are passed on, and after it as before', async () => {
    const restarts = place.supervisor.restarts;
    const flow = place.flow();
    await pause(300);
    place.supervisor.crash();
    await until(() => place.supervisor.restarts > restarts && place.supervisor.state === 'running');
    await place.takesOver();
    const { sent, lost } = await flow.end();
    expect(sent).toBeGreaterThan(200);
    expect(lost / sent, `${lost} of ${sent} lost`).toBeLessThan(LOST_MAX);
    await place.crosses();
  });

  test('with another port it begins anew: nothing is left of the life before', async () => {
    const port = await freePort();
    await place.moveTo(port);
    await place.crosses();
    expect(await place.relayedTo(3)).toBeGreaterThan(0);
    expect((await place.edge()).links.map(({ node }) => node)).toEqual([1, 3]);
  });

  test('a mark is set by the router worker alone, which then passes frames on itself', async () => {
    const report = await place.apply({ FwMark: 7 });
    expect(report.lines.filter(({ outcome }) => outcome === 'failed')).toEqual([]);
    await place.crosses();
    await place.apply({});
    await place.crosses();
  });
});

/** Who has the address of node 2? From node 1, to all. */
function arpRequest(): Uint8Array {
  const content = new Uint8Array(64);
  content.set([BROADCAST >>> 8, BROADCAST & 255, 0, 1]);
  content.fill(0xff, 4, 10);
  content.set([2, 0x42, 0xac, 0x10, 0, 1, 8, 6], 10);
  content.set([0, 1, 8, 0, 6, 4, 0, 1, 2, 0x42, 0xac, 0x10, 0, 1, 10, 42, 0, 1], 18);
  content.set([10, 42, 0, OWN], 42);
  return content;
}
