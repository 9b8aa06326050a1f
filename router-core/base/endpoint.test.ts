import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatEndpoint, parseEndpoint } from './endpoint.ts';

test('reads what people write, and writes it in one form', () => {
  const forms = {
    '203.0.113.5:51820': '203.0.113.5:51820',
    '[2001:DB8::1]:1': '[2001:db8::1]:1',
    'Node.Example.NET:65535': 'node.example.net:65535',
    'a:1': 'a:1',
    'xn--bcher-kva.example:53': 'xn--bcher-kva.example:53',
    '4.example:1': '4.example:1',
  };
  for (const [text, canonical] of Object.entries(forms))
    expect(formatEndpoint(parseEndpoint(text)!)).toBe(canonical);
  expect(parseEndpoint('203.0.113.5:51820')?.address?.family).toBe(4);
  expect(parseEndpoint('[2001:db8::1]:1')?.address?.family).toBe(6);
  expect(parseEndpoint('node.example.net:1')?.address).toBeUndefined();
});

test('refuses what could be misread or run as something else', () => {
  const wrong = [
    '',
    ':1',
    'host',
    'host:',
    'host:0',
    'host:65536',
    'host:+1',
    'host:1 ',
    ' host:1',
    'host:1\n',
    'ho st:1',
    'host\n:1',
    '2001:db8::1:51820',
    '[203.0.113.5]:1',
    '[2001:db8::1]',
    '[2001:db8::1]:0',
    '[::1%eth0]:1',
    '-host:1',
    'host-:1',
    'a..b:1',
    'ho_st:1',
    'hö.st:1',
    'host;reboot:1',
    '$(reboot):1',
    '1.2.3:1',
    '1.2.3.256:1',
    '0x7f.1:1',
    '127.1:1',
    `${'a'.repeat(64)}.example:1`,
    `${'a.'.repeat(127)}aa:1`,
    'user@host:1',
    'http://host:1',
  ];
  for (const text of wrong.filter((t) => t !== '0x7f.1:1'))
    expect(parseEndpoint(text), text).toBeUndefined();
  expect(parseEndpoint('0x7f.1:1')).toBeUndefined();
});

test('any text gives an endpoint that can be read again, or undefined', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom('a', '1', '.', ':', '-', '[', ']', 'f') }),
    fc
      .tuple(fc.domain(), fc.integer({ min: 1, max: 65535 }))
      .map(([host, port]) => `${host}:${port}`),
  );
  fc.assert(
    fc.property(text, (t) => {
      const endpoint = parseEndpoint(t);
      if (endpoint !== undefined) expect(parseEndpoint(formatEndpoint(endpoint))).toEqual(endpoint);
    }),
  );
});
