import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkObfuscation } from '../../../../router-core/wireguard/obfuscation/index.ts';
import type { Obfuscation } from '../../../_queries/view-models.ts';
import { disguiseValuesOf, drawOptions, obfuscationOf } from './disguise-values.ts';

const AWG: Obfuscation = {
  kind: 'amneziawg',
  jc: 4,
  h1: '5-104',
  h2: 7,
  i1: '<b 0xc7><r 8>',
  headerProtectionKey: 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=',
  randomTrailers: true,
};

test.each<Obfuscation | null>([
  null,
  { kind: 'none' },
  { kind: 'wgobfs', key: 'moss' },
  { kind: 'ipt_xor', key: 'lichen' },
  AWG,
])('%j is the same after the form', (obfuscation) => {
  expect(obfuscationOf(disguiseValuesOf(obfuscation, true))).toEqual(obfuscation);
});

test('a form that does not decide says nothing', () => {
  expect(obfuscationOf(disguiseValuesOf(AWG, false))).toBeUndefined();
});

test('lines of an awg-quick file are options, and what is none keeps its name for the rules', () => {
  const disguiseOptions =
    '# theirs\nJc = 4\n\nHeaderProtectionKey=AA==\nRandomTrailers = on\nS1 24';
  const values = { ...disguiseValuesOf(null, true), disguise: 'amneziawg' as const };
  expect(obfuscationOf({ ...values, disguiseOptions })).toEqual({
    kind: 'amneziawg',
    jc: 4,
    headerProtectionKey: 'AA==',
    randomTrailers: true,
    's1 24': '',
  });
  // No line chooses the kind.
  expect(obfuscationOf({ ...values, disguiseOptions: 'kind = none' })).toEqual({
    kind: 'amneziawg',
  });
});

test('whatever is drawn passes the rules', () => {
  fc.assert(
    fc.property(
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (draws) => {
        const below = (limit: number): number => Math.floor((draws.next().value as number) * limit);
        const values = { ...disguiseValuesOf(null, true), disguise: 'amneziawg' as const };
        const drawn = obfuscationOf({ ...values, disguiseOptions: drawOptions(below) });
        expect(checkObfuscation(drawn, 'obfuscation')).toEqual([]);
      },
    ),
  );
});
