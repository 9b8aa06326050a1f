import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkSchema, type Schema } from './schema.ts';

const SCHEMA: Schema = {
  kind: 'object',
  fields: {
    name: { kind: 'string', maxLength: 5, required: true },
    port: { kind: 'number', minimum: 1, maximum: 65535 },
    on: { kind: 'boolean' },
    mode: { kind: 'string', oneOf: ['a', 'b'] },
    list: {
      kind: 'array',
      maxItems: 2,
      items: { kind: 'object', fields: { x: { kind: 'number', required: true } } },
    },
    kinds: {
      kind: 'array',
      maxItems: 3,
      items: {
        kind: 'by-key',
        key: 'is',
        options: {
          a: {
            kind: 'object',
            fields: { is: { kind: 'string' }, x: { kind: 'number', required: true } },
          },
        },
        otherwise: { kind: 'object', fields: { is: { kind: 'string', oneOf: ['a', 'b'] } } },
      },
    },
    either: { kind: 'any-of', options: [{ kind: 'number' }, { kind: 'string', oneOf: ['auto'] }] },
  },
};
const found = (value: unknown): string[] =>
  checkSchema(SCHEMA, value).map(({ code, path }) => `${code} ${path}`);

test('what fits has no findings; what is absent or null needs none', () => {
  expect(found({ name: 'x' })).toEqual([]);
  expect(
    found({ name: 'x', port: 1, on: false, mode: 'a', list: [{ x: 0 }], either: 'auto' }),
  ).toEqual([]);
  expect(found({ name: 'x', port: null, list: undefined })).toEqual([]);
});

test('every finding names its place', () => {
  expect(found({ name: 'x', list: [{ x: 1 }, { x: 'no', y: 2 }] })).toEqual([
    'CONFIG_UNKNOWN_KEY list[1].y',
    'CONFIG_TYPE list[1].x',
  ]);
  expect(found({})).toEqual(['CONFIG_MISSING_KEY name']);
  expect(found({ name: null })).toEqual(['CONFIG_MISSING_KEY name']);
});

test('one key says what the others are', () => {
  expect(found({ name: 'x', kinds: [{ is: 'a', x: 1 }, { is: 'b' }, {}] })).toEqual([]);
  expect(found({ name: 'x', kinds: [{ is: 'a' }, { is: 'b', x: 1 }, { is: 'c' }] })).toEqual([
    'CONFIG_MISSING_KEY kinds[0].x',
    'CONFIG_UNKNOWN_KEY kinds[1].x',
    'CONFIG_TYPE kinds[2].is',
  ]);
  expect(found({ name: 'x', kinds: [{ is: 'constructor' }, null, 'a'] })).toEqual([
    'CONFIG_TYPE kinds[0].is',
    'CONFIG_TYPE kinds[1]',
    'CONFIG_TYPE kinds[2]',
  ]);
});

test.each([
  [{ name: 5 }, 'CONFIG_TYPE name'],
  [{ name: 'too long' }, 'CONFIG_TYPE name'],
  [{ name: 'x', port: 0 }, 'CONFIG_TYPE port'],
  [{ name: 'x', port: 65536 }, 'CONFIG_TYPE port'],
  [{ name: 'x', port: 1.5 }, 'CONFIG_TYPE port'],
  [{ name: 'x', port: '1' }, 'CONFIG_TYPE port'],
  [{ name: 'x', port: Number.NaN }, 'CONFIG_TYPE port'],
  [{ name: 'x', on: 'yes' }, 'CONFIG_TYPE on'],
  [{ name: 'x', mode: 'c' }, 'CONFIG_TYPE mode'],
  [{ name: 'x', list: {} }, 'CONFIG_TYPE list'],
  [{ name: 'x', list: [{ x: 1 }, { x: 1 }, { x: 1 }] }, 'CONFIG_TYPE list'],
  [{ name: 'x', list: [null] }, 'CONFIG_TYPE list[0]'],
  [{ name: 'x', either: 'off' }, 'CONFIG_TYPE either'],
  [{ name: 'x', toString: 1 }, 'CONFIG_UNKNOWN_KEY toString'],
  [[], 'CONFIG_TYPE '],
  [null, 'CONFIG_TYPE '],
  ['text', 'CONFIG_TYPE '],
])('refuses %j', (value, finding) => {
  expect(found(value)).toEqual([finding]);
});

test('an own key named __proto__ is unknown like any other', () => {
  expect(found(JSON.parse('{ "name": "x", "__proto__": { "port": 1 } }'))).toEqual([
    'CONFIG_UNKNOWN_KEY __proto__',
  ]);
});

test('the message for an unknown key lists the known ones, and shows no control characters', () => {
  const [finding] = checkSchema(SCHEMA, { name: 'x', 'po\u001b[31mrt\u202e': 1 });
  expect(finding?.message).toBe('port is not a known key.');
  expect(finding?.hint).toContain('name, port, on');
});

test('any value gives findings and never an exception, at most fifty', () => {
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(Array.isArray(checkSchema(SCHEMA, value))).toBe(true);
    }),
  );
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`k${i}`, i]));
  expect(checkSchema(SCHEMA, many)).toHaveLength(50);
});
