import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fixtureFiles } from './fixtures/fixture-registry.ts';
import { parseRpsl, valuesOf } from './rpsl.ts';

const read = (text: string) => parseRpsl(new TextEncoder().encode(text));

test('reads attributes in order and reports nothing about a clean object', () => {
  const object = read(
    'mntner:             FOO-MNT\nauth:               one\nauth:               two\n',
  );
  expect(object.problems).toEqual([]);
  expect(valuesOf(object, 'auth')).toEqual(['one', 'two']);
});

test('joins continuation lines, and a lone plus is an empty one', () => {
  const object = read('certif:             a\n+\n                    b\n+c\n');
  expect(object.attributes).toEqual([{ key: 'certif', value: 'a\n\nb\nc' }]);
  expect(object.problems).toEqual([]);
});

test('splits at the first colon only', () => {
  expect(read('certif:             Version: GnuPG: 2\n').attributes).toEqual([
    { key: 'certif', value: 'Version: GnuPG: 2' },
  ]);
});

test('passes over comments and blank lines', () => {
  expect(read('% a\n\n# b\nkey:                v\n').attributes).toHaveLength(1);
});

test.each([
  ['', ['EMPTY']],
  [' \n', ['EMPTY']],
  ['a: v\n', ['COLUMN']],
  ['a:\tv\n', ['TAB']],
  ['A:                  v\n', ['UPPER_CASE_KEY']],
  ['a:                  v\r\n', ['CRLF']],
  ['a:                  v', ['NO_FINAL_NEWLINE']],
  ['no colon\n', ['NO_COLON']],
  ['   orphan\na:                  v\n', ['ORPHAN_CONTINUATION']],
  ['\ufeffa:                  v\n', ['BYTE_ORDER_MARK']],
])('reports %j as %j', (text, problems) => {
  expect(read(text).problems).toEqual(problems);
});

test('reads the damaged aut-num of the fixtures and names every fault', () => {
  const file = fixtureFiles().find((f) => f.path === 'aut-num/AS4242426009');
  const object = parseRpsl(file?.bytes ?? new Uint8Array());
  expect(object.problems).toEqual([
    'COLUMN',
    'CRLF',
    'NO_COLON',
    'NO_FINAL_NEWLINE',
    'TAB',
    'UPPER_CASE_KEY',
  ]);
  expect(valuesOf(object, 'mnt-by')).toEqual(['IBIS-MNT']);
});

test('reads a person in latin-1', () => {
  const file = fixtureFiles().find((f) => f.path === 'person/IBIS-DN42');
  const object = parseRpsl(file?.bytes ?? new Uint8Array());
  expect(object.problems).toEqual(['NOT_UTF8']);
  expect(valuesOf(object, 'person')).toEqual(['Ibis Fixture café']);
});

test('gives a value for any octets', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const object = parseRpsl(bytes);
      for (const { key } of object.attributes) expect(key).toBe(key.toLowerCase());
    }),
  );
});
