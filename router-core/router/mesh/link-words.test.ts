/** Why a link of the mesh is not alive, by what is known of it. */
import { expect, test } from 'vitest';
import { instant, NONE, socketId } from '../../base/units.ts';
import type { MeshLinkView } from '../../mesh/etherguard/edge/index.ts';
import { isEdgeNumber } from '../../mesh/node-number.ts';
import { problemOfLink } from './link-words.ts';

const address = { family: 4, bytes: Uint8Array.of(192, 0, 2, 7) } as const;
const HEARD = { endpoint: { address, port: 3001 } } as const;

test.each<[string, Partial<MeshLinkView>, string | undefined]>([
  ['alive', { isAlive: true }, undefined],
  ['without endpoint', {}, 'Its endpoint is not known'],
  ['being looked for', { candidates: ['a.example:1', '192.0.2.9:2'] }, 'a.example:1, 192.0.2.9:2'],
  [
    'told on loopback only',
    {
      candidates: ['127.0.0.1:3001'],
      untried: [{ endpoint: '127.0.0.1:3001', because: 'loopback' }],
    },
    'No endpoint of those that were told can be tried; it may still connect to us. Told, and not tried on purpose: 127.0.0.1:3001 (loopback of the machine that told it;',
  ],
  [
    'with an endpoint to try and one not to',
    {
      candidates: ['192.0.2.9:2', '[fe80::1]:2'],
      untried: [{ endpoint: '[fe80::1]:2', because: 'link-local' }],
    },
    'Endpoints are being tried: 192.0.2.9:2. Told, and not tried on purpose: [fe80::1]:2 (it is good on the wire',
  ],
  [
    'of a static entry',
    {
      ...HEARD,
      initiationsSent: 3,
      candidates: ['192.0.2.9:2'],
      untried: [{ endpoint: '192.0.2.9:2', because: 'static' }],
    },
    'a key is wrong. Told, and not tried on purpose: 192.0.2.9:2 (its entry in the file is Static',
  ],
  [
    'alive with a key that two use',
    { ...HEARD, isAlive: true, sharedKeyEndpoints: ['192.0.2.7:3001', '192.0.2.8:3001'] },
    'Two machines use its private key: handshakes come by turns from 192.0.2.7:3001 and 192.0.2.8:3001.',
  ],
  ['untouched', HEARD, 'Nothing has been sent to 192.0.2.7:3001 yet.'],
  ['silent', { ...HEARD, initiationsSent: 1 }, 'One handshake to 192.0.2.7:3001, none answered'],
  ['silent for long', { ...HEARD, initiationsSent: 9 }, '9 handshakes to 192.0.2.7:3001'],
  [
    'gone',
    { ...HEARD, handshakesCompleted: 1, lastReceived: instant(60_000) },
    'Nothing came for 40 s, and 192.0.2.7:3001 answers no handshake any more.',
  ],
  [
    'one way',
    { ...HEARD, handshakesCompleted: 1, hasKeyPair: true },
    'Nothing came since, although a session with 192.0.2.7:3001 stands.',
  ],
])('%s', (_name, change, words) => {
  const node = 7;
  if (!isEdgeNumber(node)) throw new Error('7 is a node');
  const link: MeshLinkView = {
    node,
    role: 'edge',
    publicKey: new Uint8Array(32),
    origin: 'file',
    isStatic: true,
    isAlive: false,
    candidates: [],
    relayedFrames: 0,
    relayedBytes: 0,
    socket: socketId(NONE),
    hasKeyPair: false,
    rxBytes: 0,
    txBytes: 0,
    rxPackets: 0,
    txPackets: 0,
    initiationsSent: 0,
    initiationsReceived: 0,
    responsesSent: 0,
    responsesReceived: 0,
    handshakesCompleted: 0,
    stagedPackets: 0,
    ...change,
  };
  const problem = problemOfLink(link, { now: instant(100_000) });
  if (words === undefined) expect(problem).toBeUndefined();
  else expect(problem).toContain(words);
});
