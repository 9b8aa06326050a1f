import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SocksHandshake, type SocksStep, socksReply } from './socks5.ts';

const CREDENTIALS = { username: 'alder', password: 'moss' };
const greeting = (...methods: number[]): number[] => [5, methods.length, ...methods];
const login = (user: string, password: string): number[] => [
  1,
  user.length,
  ...Buffer.from(user),
  password.length,
  ...Buffer.from(password),
];
const connectV4 = [5, 1, 0, 1, 172, 20, 0, 53, 0, 80];
const name = Buffer.from('www.alder.dn42');
const connectName = [5, 1, 0, 3, name.length, ...name, 0x1f, 0x90];

test('without a password: greeting, request, and what the client says before the reply (RFC 1928 §3, §4)', () => {
  const steps = say([...greeting(0), ...connectV4, 71, 69, 84]);
  expect(steps).toMatchObject([
    { kind: 'answer', octets: Uint8Array.of(5, 0) },
    { kind: 'connect', host: '172.20.0.53', port: 80 },
  ]);
  const last = steps.at(-1);
  expect(last?.kind === 'connect' && [...last.rest]).toEqual([71, 69, 84]);
});

test('names and IPv6 addresses', () => {
  expect(say([...greeting(0), ...connectName]).at(-1)).toMatchObject({
    host: 'www.alder.dn42',
    port: 8080,
  });
  const v6 = [0xfd, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
  expect(say([...greeting(0), 5, 1, 0, 4, ...v6, 0, 22]).at(-1)).toMatchObject({
    host: 'fd42::1',
    port: 22,
  });
});

test('with a password only who has it gets further (RFC 1929 §2)', () => {
  expect(
    say([...greeting(0, 2), ...login('alder', 'moss'), ...connectV4], CREDENTIALS),
  ).toMatchObject([
    { kind: 'answer', octets: Uint8Array.of(5, 2) },
    { kind: 'answer', octets: Uint8Array.of(1, 0) },
    { kind: 'connect' },
  ]);
  for (const [user, password] of [
    ['alder', 'mos'],
    ['alder', 'mosss'],
    ['alder', ''],
    ['birch', 'moss'],
    ['', ''],
  ] as const)
    expect(
      say([...greeting(2), ...login(user, password), ...connectV4], CREDENTIALS).at(-1),
    ).toEqual({ kind: 'refuse', octets: Uint8Array.of(1, 1), because: 'password' });
  expect(say(greeting(0), CREDENTIALS)).toEqual([
    { kind: 'refuse', octets: Uint8Array.of(5, 0xff), because: 'password' },
  ]);
});

test('what is not CONNECT has its reply (RFC 1928 §6)', () => {
  for (const [command, because] of [
    [[5, 2, 0, 1, 1, 2, 3, 4, 0, 80], 'command'],
    [[5, 3, 0, 1, 0, 0, 0, 0, 0, 0], 'command'],
    [[5, 1, 0, 9, 1, 2, 3, 4, 0, 80], 'address-type'],
  ] as const)
    expect(say([...greeting(0), ...command]).at(-1)).toEqual({
      kind: 'refuse',
      octets: socksReply(
        because === 'command' ? 'command-not-supported' : 'address-type-not-supported',
      ),
      because,
    });
  expect(say([4, 1, 0, 80, 1, 2, 3, 4, 0])).toMatchObject([
    { kind: 'refuse', because: 'not-socks5' },
  ]);
  expect(say([...Buffer.from('GET / HTTP/1.1')])).toMatchObject([{ because: 'not-socks5' }]);
});

test('however the octets are cut, the conversation is the same', () => {
  const whole = [...greeting(0, 2), ...login('alder', 'moss'), ...connectName];
  const expected = say(whole, CREDENTIALS);
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 8 }), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), whole.length];
      const handshake = new SocksHandshake(CREDENTIALS);
      const steps: SocksStep[] = [];
      for (let i = 1; i < places.length; i++) {
        handshake.receive(Uint8Array.from(whole.slice(places[i - 1], places[i])));
        steps.push(...stepsOf(handshake));
      }
      expect(steps).toEqual(expected);
    }),
  );
});

test('any octets give a step and never an exception', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (octets, hasPassword) => {
      const steps = say([...octets], hasPassword ? CREDENTIALS : undefined);
      expect(
        steps.filter(({ kind }) => kind === 'connect' || kind === 'refuse').length,
      ).toBeLessThan(2);
      if (hasPassword && !Buffer.from(octets).includes('moss'))
        expect(steps.every(({ kind }) => kind !== 'connect')).toBe(true);
    }),
  );
});

function say(octets: readonly number[], credentials?: typeof CREDENTIALS): SocksStep[] {
  const handshake = new SocksHandshake(credentials);
  handshake.receive(Uint8Array.from(octets));
  return stepsOf(handshake);
}

/** Steps until more is wanted or the conversation is over. */
function stepsOf(handshake: SocksHandshake): SocksStep[] {
  const steps: SocksStep[] = [];
  for (let step = handshake.next(); step.kind !== 'more'; step = handshake.next()) {
    steps.push(step);
    if (step.kind !== 'answer') break;
  }
  return steps;
}
