/** What the operator reads of the services: the file's switches joined with what the router says of them. */
import { afterEach, expect, test } from 'vitest';
import { SERVICE_KINDS, SERVICE_REFUSALS } from '../../router-core/router/types.ts';
import { NODE_FILE, startTestPortal, type TestPortal } from '../_services/testing/test-portal.ts';
import english from '../_text/messages/en.json' with { type: 'json' };
import { getServices, readServicesView } from './services.ts';

const FILE = `${NODE_FILE}
services:
  socks: { enabled: true, listen: "127.0.0.1:1081", username: alder, password: moss and lichen, resolver: 172.20.0.53 }
  httpConnect: { enabled: false }
  overlayPortal: { enabled: true }
  forwards:
    - { from: { overlay: 8080 }, to: "127.0.0.1:80", allow: [172.20.0.0/14] }
    - { from: { overlay: 8081 }, to: "127.0.0.1:81" }
`;
const CONNECTIONS = { now: 1, total: 7, refused: 2, limit: 256 };

let at: TestPortal | undefined;
afterEach(() => at?.end());

test('every switch has a row: on, off, not listening, and not known while the router has said nothing', async () => {
  at = await startTestPortal({ file: FILE });
  at.router.reportServices([
    {
      kind: 'socks',
      at: '127.0.0.1:1081',
      to: null,
      isListening: true,
      note: '',
      connections: {
        ...CONNECTIONS,
        lastRefusal: { at: '2026-11-27T12:00:00.000Z', reason: 'no-route' },
      },
    },
    {
      kind: 'forward-in',
      at: 'DN42 port 8080',
      to: '127.0.0.1:80',
      isListening: false,
      note: 'the port is taken',
      connections: { now: 0, total: 0, refused: 0, limit: 256, limitPerSource: 32 },
    },
  ]);
  const { file, nodes } = await readServicesView(at.portal);
  expect(file).toBe(at.portal.settings.file?.path);
  const rows = nodes[0]?.services ?? [];
  expect(rows.map(({ kind, state, at: place, to }) => [kind, state, place, to])).toEqual([
    ['overlay-portal', 'unknown', 'DN42 port 80', null],
    ['socks', 'listening', '127.0.0.1:1081', null],
    ['http-connect', 'off', null, null],
    ['forward-in', 'not-listening', 'DN42 port 8080', '127.0.0.1:80'],
    ['forward-in', 'unknown', 'DN42 port 8081', '127.0.0.1:81'],
    ['forward-out', 'off', null, null],
  ]);
  expect(rows[0]?.addresses).toEqual(['172.21.128.1', 'fdb0:6000:100::1']);
  expect(rows[1]).toMatchObject({
    access: { kind: 'password' },
    resolvers: ['172.20.0.53'],
    connections: { total: 7, lastRefusal: { reason: 'no-route' } },
  });
  expect(rows[3]).toMatchObject({
    note: 'the port is taken',
    access: { kind: 'sources', prefixes: ['172.20.0.0/14'] },
  });
  expect(JSON.stringify(rows)).not.toMatch(/moss|alder/);
});

test('a router that is away says nothing of them', async () => {
  at = await startTestPortal({ file: FILE });
  at.router.setState('down');
  const { nodes } = await readServicesView(at.portal);
  expect(nodes[0]?.services.find(({ kind }) => kind === 'socks')?.state).toBe('unknown');
});

test('they are the operator’s to see', async () => {
  await expect(getServices({ kind: 'visitor' })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('every kind and every reason to turn somebody away has words', () => {
  const { kind, offText, refusal } = english.services;
  expect(Object.keys(kind).sort()).toEqual([...SERVICE_KINDS].sort());
  expect(Object.keys(offText).sort()).toEqual([...SERVICE_KINDS].sort());
  expect(Object.keys(refusal).sort()).toEqual([...SERVICE_REFUSALS].sort());
});
