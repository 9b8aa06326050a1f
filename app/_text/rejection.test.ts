import { expect, test } from 'vitest';
import english from './messages/en.json' with { type: 'json' };
import { rejectionCode } from './rejection.ts';

test('tokens and codes lead to the same code', () => {
  expect(rejectionCode('roa-invalid-origin')).toBe('ROA_WRONG_ORIGIN');
  expect(rejectionCode('ROA_WRONG_ORIGIN')).toBe('ROA_WRONG_ORIGIN');
  expect(rejectionCode('taw:5')).toBe('MALFORMED_ATTRIBUTE');
  expect(rejectionCode('toString')).toBeUndefined();
});

test('every code has a phrase, a sentence and a remedy', () => {
  expect(Object.keys(english.rejection.phrase)).toEqual(Object.keys(english.rejection.sentence));
  expect(Object.keys(english.rejection.phrase)).toEqual(Object.keys(english.rejection.remedy));
  for (const code of Object.keys(english.rejection.phrase)) expect(rejectionCode(code)).toBe(code);
});
