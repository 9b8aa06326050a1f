import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../base/bytes.ts';
import fixture from './fixtures/xor.json' with { type: 'json' };
import { IptXor } from './ipt-xor.ts';
import { obfuscationSuite } from './testing/compliance.ts';

obfuscationSuite('ipt_xor', { kind: 'ipt_xor', key: 'qL8hIq0nTt2fS3pVxYz5w9B_cD-eFgHj' });
obfuscationSuite('ipt_xor, a key of one octet', { kind: 'ipt_xor', key: 'a' });

test.each(fixture.cases)('$plainHex under $keyHex', ({ keyHex, plainHex, wireHex }) => {
  const form = new IptXor(fromHex(keyHex) as Uint8Array);
  const bytes = fromHex(plainHex) as Uint8Array;
  form.wrap(4, bytes, 0, bytes.length);
  expect(toHex(bytes)).toBe(wireHex);
});
