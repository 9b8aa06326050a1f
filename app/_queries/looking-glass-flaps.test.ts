import { expect, test } from 'vitest';
import type { Portal } from '../_router/index.ts';
import { answerOfFlaps } from './looking-glass-flaps.ts';

/** A registry in which one AS has a name. */
const portal = {
  registry: {
    find: () => ({ shortName: (asn: number) => (asn === 4242426001 ? 'ALDER' : undefined) }),
  },
} as unknown as Portal;

test('every network of a path is named, also those of a set', () => {
  const answer = answerOfFlaps(portal, [
    { kind: 'summary', changes: 30, minutes: 5, isFull: false, flapping: 1 },
    {
      kind: 'flap',
      prefix: '172.20.0.0/24',
      family: 'ipv4',
      since: '2026-11-27T14:00:00.000Z',
      changes: 31,
      neighbors: [
        {
          neighbor: 1,
          name: 'alder',
          peerAsn: 4242426001,
          changes: 31,
          total: 31,
          lastAt: '2026-11-27T14:00:00.000Z',
          isWithdrawn: true,
          isFlapping: true,
        },
      ],
      paths: [
        {
          asPathText: '4242426001 {64511 64512}',
          times: 7,
          firstAt: '2026-11-27T13:58:00.000Z',
          lastAt: '2026-11-27T14:00:00.000Z',
          from: 'alder',
        },
      ],
      otherPaths: 2,
    },
  ]);
  expect(answer).toMatchObject({ query: 'flaps', changes: 30, minutes: 5, isFull: false });
  const [flap] = answer.flaps;
  expect(flap).toMatchObject({ prefix: '172.20.0.0/24', changes: 31, otherPaths: 2 });
  expect(flap?.neighbors).toMatchObject([{ name: 'alder', isWithdrawn: true, changes: 31 }]);
  expect(flap?.paths[0]?.networks).toEqual([
    { asn: 4242426001, name: 'ALDER' },
    { asn: 64511, name: null },
    { asn: 64512, name: null },
  ]);
});
