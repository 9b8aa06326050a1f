/**
 * The thread of key-erasure.test.ts: gives a peer one key pair after the other and erases each soon after.
 *
 * It says 'ready' when the peer may be sent to, and how many key pairs there were when it was told to
 * stop.
 *
 * @module
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { instant, interfaceId, NONE, peerId } from '../../base/units.ts';
import { SharedPlane } from '../shared-plane.ts';

export type KeyRotatorData = {
  readonly buffer: SharedArrayBuffer;
  /** One word: not zero ends it. */
  readonly stop: Int32Array;
};

const ROWS = 8;
const PEER = peerId(0);
const KEY_BYTES = 32;

/** The key of a generation; none is zero. */
export const keyOf = (generation: number): Uint8Array =>
  Uint8Array.from({ length: KEY_BYTES }, (_, i) => ((generation >>> (8 * (i & 3))) & 255) ^ 0xa5);

function rotate({ buffer, stop }: KeyRotatorData): number {
  const plane = new SharedPlane(buffer, 0, ROWS);
  plane.setInterface(interfaceId(0), 1420, 0);
  plane.setPeer(PEER, {
    interface: interfaceId(0),
    mtu: 1420,
    allowsAll4: true,
    allowsAll6: true,
    rateLimit: 0,
    publicKey: keyOf(1),
    isObfuscated: false,
    padsContents: false,
  });
  plane.setEndpoint(PEER, 51820, 4, 1001, Uint8Array.of(192, 0, 2, 1));
  parentPort?.postMessage('ready');
  let generation = 1;
  for (; Atomics.load(stop, 0) === 0; generation++) {
    // As wireguard/key-pair-table.ts does: the lower bits of an index are its row.
    const row = generation % ROWS;
    const index = generation;
    plane.addKeyPair(
      row,
      {
        peer: PEER,
        localIndex: index,
        remoteIndex: index,
        isInitiator: true,
        created: instant(0),
        sendKey: keyOf(generation),
        receiveKey: keyOf(generation),
      },
      true,
    );
    plane.setCurrent(PEER, row);
    for (let i = 0; i < (generation & 15) * 100; i++) Atomics.load(stop, 0);
    if ((generation & 1) === 0) plane.setCurrent(PEER, NONE);
    plane.removeKeyPair(row);
  }
  return generation;
}

if (parentPort !== null && workerData !== null) {
  const data = workerData as KeyRotatorData;
  assert(data.buffer instanceof SharedArrayBuffer, 'the plane is shared');
  parentPort.postMessage(rotate(data));
}
