import { expect, test } from 'vitest';
import { wallTime } from '../../base/units.ts';
import type { TunnelList } from '../../router/index.ts';
import { UAPI_LINE_LENGTH, UAPI_REQUEST_LENGTH } from './limits.ts';
import { answerUapi, UapiReader, type UapiRequest } from './uapi-protocol.ts';

// e2e/interop/uapi.test.ts has the real `wg show` read these answers.
const LIST: TunnelList = {
  listenPort: 51820,
  tunnels: [
    {
      publicKey: new Uint8Array(32).fill(0xab),
      endpoint: '[2001:db8::1]:26001',
      lastHandshake: wallTime(1_795_182_564_612.89),
      rxBytes: 1857,
      txBytes: 6085,
      persistentKeepalive: 25,
      allowedIps: ['0.0.0.0/0', '::/0'],
    },
    {
      publicKey: new Uint8Array(32).fill(1),
      rxBytes: 0,
      txBytes: 0,
      persistentKeepalive: 0,
      allowedIps: [],
    },
  ],
};

test('get=1 lists port and peers, and no secret', () => {
  expect(answerUapi('get', () => LIST)).toBe(
    `listen_port=51820
public_key=${'ab'.repeat(32)}
protocol_version=1
endpoint=[2001:db8::1]:26001
last_handshake_time_sec=1795182564
last_handshake_time_nsec=612000000
tx_bytes=6085
rx_bytes=1857
persistent_keepalive_interval=25
allowed_ip=0.0.0.0/0
allowed_ip=::/0
public_key=${'01'.repeat(32)}
protocol_version=1
last_handshake_time_sec=0
last_handshake_time_nsec=0
tx_bytes=0
rx_bytes=0
persistent_keepalive_interval=0
errno=0

`,
  );
});

test('set=1 is refused as a whole: EPERM; anything else is EINVAL', () => {
  const never = (): TunnelList => {
    throw new Error('not asked for');
  };
  expect(answerUapi('set', never)).toBe('errno=-1\n\n');
  expect(answerUapi('invalid', never)).toBe('errno=-22\n\n');
});

test.each<[string, UapiRequest[]]>([
  ['get=1\n\n', ['get']],
  ['get=1\n\nget=1\n\n', ['get', 'get']],
  [`set=1\nreplace_peers=true\npublic_key=${'00'.repeat(32)}\n\nget=1\n\n`, ['set', 'get']],
  ['set=1\nget=1\n\n', ['set']],
  ['get=1\nset=1\n\n', ['invalid']],
  ['get=2\n\n', ['invalid']],
  ['\n\n\n', []],
  ['get=1\r\n\n', ['invalid']],
  ['get=1\n', []],
  ['private_key', []],
])('%j is %j, however it is cut', (text, requests) => {
  expect(new UapiReader().read(text)).toEqual(requests);
  const piecewise = new UapiReader();
  expect([...text].flatMap((letter) => piecewise.read(letter))).toEqual(requests);
});

test('a line or a request that never ends is given up', () => {
  const reader = new UapiReader();
  expect(reader.read('x'.repeat(UAPI_LINE_LENGTH))).toEqual([]);
  expect(reader.read('x')).toBeUndefined();
  expect(new UapiReader().read(`${'x'.repeat(UAPI_LINE_LENGTH + 1)}\n`)).toBeUndefined();

  const long = new UapiReader();
  let lines = 0;
  while (long.read(lines === 0 ? 'set=1\n' : 'allowed_ip=0.0.0.0/0\n') !== undefined) lines++;
  expect(lines * 21).toBeLessThan(UAPI_REQUEST_LENGTH + 21);
  expect(lines * 21).toBeGreaterThan(UAPI_REQUEST_LENGTH - 42);
});
