import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  EMPTY_MEMORY,
  type RuntimeMemory,
  readMemory,
  timestampOfMemory,
  timestampText,
} from './memory.ts';

const SESSION = { local: 'fe80::6000', localPort: 49152, remote: 'fe80::6001', remotePort: 179 };
const MEMORY: RuntimeMemory = {
  version: 1,
  greatestTimestamp: '400000006566778800000000',
  peers: {
    'key=': { endpoint: '203.0.113.5:51820', configured: '', port: 51820, sessions: [SESSION] },
  },
};

test('what was written is read again', () => {
  expect(readMemory(JSON.parse(JSON.stringify(MEMORY)))).toEqual(MEMORY);
  expect(timestampText(timestampOfMemory(MEMORY)!)).toBe(MEMORY.greatestTimestamp);
  expect(timestampOfMemory(EMPTY_MEMORY)).toBeUndefined();
});

test('a peer that is damaged is forgotten, the others are kept', () => {
  const damaged = [
    { port: 'x', sessions: [] },
    { port: 1 },
    { port: 1, sessions: [{ ...SESSION, local: 5 }] },
    { port: 1, sessions: [], secret: 'x' },
    null,
    'text',
  ];
  const peers = {
    ...MEMORY.peers,
    ...Object.fromEntries(damaged.map((peer, i) => [`damaged${i}`, peer])),
  };
  expect(readMemory({ ...MEMORY, peers })).toEqual(MEMORY);
});

test('a timestamp that is none is left out; it must never be read as a small one', () => {
  for (const greatestTimestamp of ['', 'x', '4000', `${MEMORY.greatestTimestamp}00`])
    expect(readMemory({ ...MEMORY, greatestTimestamp }).greatestTimestamp).toBe('');
});

test('a memory of another version is forgotten', () => {
  expect(readMemory({ ...MEMORY, version: 2 })).toEqual(EMPTY_MEMORY);
});

test('anything can be read, nothing is fatal', () => {
  const anything = fc.oneof(
    fc.anything(),
    fc.record({ version: fc.constant(1), greatestTimestamp: fc.string(), peers: fc.anything() }),
  );
  fc.assert(
    fc.property(anything, (value) => {
      expect(readMemory(value).version).toBe(1);
    }),
  );
});
