import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ROUTER_ERROR_CODES, RouterError } from '../../../base/errors.ts';
import { parseYamlFile } from '../../../host/yaml-file.ts';
import { readEdgeConfig } from './edge-config.ts';
import { readEdgesInput, readSuperInput, readTemplateCosts } from './gencfg-input.ts';
import { readSuperConfig } from './super-config.ts';
import { fixtureText, fixtureYaml } from './testing/fixture-files.ts';
import type { Reading } from './value-readers.ts';

const READERS = [
  ['config/example-edge.yaml', readEdgeConfig],
  ['config/static-edge2.yaml', readEdgeConfig],
  ['config/example-super.yaml', readSuperConfig],
  ['gencfg/static/input.yaml', readEdgesInput],
  ['gencfg/super/input.yaml', readSuperInput],
] as const;

/** Whatever a file may hold: a reading has findings of known codes, and no configuration beside an error. */
function expectReading({ config, findings }: Reading<unknown>): void {
  expect(findings.length).toBeLessThanOrEqual(50);
  for (const { code, message, path } of findings) {
    expect(ROUTER_ERROR_CODES).toContain(code);
    expect(message.length + path.length).toBeLessThan(2000);
    expect(message).not.toMatch(/undefined|\[object/);
  }
  expect(config === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
}

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    ...[
      null,
      undefined,
      '',
      '0',
      '-1',
      '65532',
      '65535',
      '1e999',
      'NaN',
      '[',
      '\u0000',
      '__proto__',
    ],
    ...[
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -0,
      2 ** 53,
      10n,
      [],
      [[]],
      {},
      { __proto__: null },
      new Map(),
    ],
    ...[
      'x'.repeat(5000),
      Array(1001).fill({}),
      { 1: { 1: 1 } },
      JSON.parse('{"__proto__": {"NodeID": 1}}'),
    ],
  ),
);

/** Values of a recorded file with some places changed. */
const damaged = (values: unknown) =>
  fc
    .array(fc.tuple(fc.infiniteStream(fc.nat(1000)), odd), { minLength: 1, maxLength: 4 })
    .map((damages) => {
      const copy = structuredClone(values);
      for (const [steps, value] of damages) replaceSomewhere(copy, steps, value);
      return copy;
    });

function replaceSomewhere(around: unknown, steps: Iterator<number>, value: unknown): void {
  if (typeof around !== 'object' || around === null) return;
  const keys = Object.keys(around);
  const step = (): number => Number(steps.next().value);
  const key = keys[step() % (keys.length + 1)] ?? 'New';
  const inside: unknown = Reflect.get(around, key);
  if (typeof inside === 'object' && inside !== null && step() % 3 !== 0)
    replaceSomewhere(inside, steps, value);
  else Reflect.set(around, key, value);
}

describe.each(READERS)('%s', (name, read) => {
  const text = fixtureText(name);

  test('with any value anywhere gives a configuration or coded findings', () => {
    fc.assert(
      fc.property(damaged(fixtureYaml(name).values()), (values) => expectReading(read(values))),
      { numRuns: 150 },
    );
  });

  test('with any octets anywhere likewise', () => {
    const edit = fc.tuple(
      fc.nat(text.length),
      fc.nat(40),
      fc.string({ unit: 'binary-ascii', maxLength: 10 }),
    );
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let broken = text;
        for (const [at, length, put] of edits)
          broken = broken.slice(0, at) + put + broken.slice(at + length);
        try {
          expectReading(read(parseYamlFile(broken, name).values()));
        } catch (error) {
          if (!(error instanceof RouterError)) throw error;
          expect(error.code).toBe('CONFIG_SYNTAX');
        }
      }),
      { numRuns: 30 },
    );
  });
});

test('any value at all is a reading, and any template has costs', () => {
  fc.assert(
    fc.property(odd, (values) => {
      for (const [, read] of READERS) expectReading(read(values));
      expect(readTemplateCosts(values)).toEqual({
        AdditionalCost: expect.any(Number),
        SkipLocalIP: expect.any(Boolean),
      });
    }),
  );
  expect({}).not.toHaveProperty('NodeID');
});
