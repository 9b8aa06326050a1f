import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { REASON_TOKENS, Reasons, treatedAsWithdrawn } from '../../router-core/bgp/policy/reason.ts';
import english from './messages/en.json' with { type: 'json' };
import { rejectionCode, rejectionRule } from './rejection.ts';
import { getTranslator } from './translator.ts';

/** Every kind of token the engine can give. */
const engine = new Reasons();
const TOKENS = [
  ...REASON_TOKENS,
  engine.token(treatedAsWithdrawn(5)),
  engine.token(engine.numberOf('rule:no-transit')),
];

test('tokens and codes lead to the same code', () => {
  expect(rejectionCode('roa-invalid-origin')).toBe('ROA_WRONG_ORIGIN');
  expect(rejectionCode('ROA_WRONG_ORIGIN')).toBe('ROA_WRONG_ORIGIN');
  expect(rejectionCode('taw:5')).toBe('MALFORMED_ATTRIBUTE');
  expect(rejectionCode('rule:no-transit')).toBe('OPERATOR_FILTER');
  expect(rejectionCode('OPERATOR_FILTER')).toBe('OPERATOR_FILTER');
  expect(rejectionCode('toString')).toBeUndefined();
});

test.each(TOKENS)('%s comes out as a phrase, a sentence and what to do', (token) => {
  const code = rejectionCode(token);
  if (code === undefined) throw new Error(`the token ${token} has no code`);
  const t = getTranslator('rejection');
  const filled = {
    ...rejectionRule(token),
    prefix: '172.21.142.0/27',
    origin: 'AS4242426014',
    allowed: 'nobody',
  };
  const words = [
    t(`phrase.${code}`, filled),
    t(`sentence.${code}`, filled),
    t(`remedy.${code}`, filled),
  ];
  for (const text of words) {
    expect(text).not.toBe(token);
    expect(text).not.toMatch(/rejection\.|[{}]/);
  }
  expect(words[1]).toMatch(/\.$/);
  expect(words[2]).toMatch(/\.$/);
});

test('a rule of the operator is named where its name is known', () => {
  const t = getTranslator('rejection');
  const phrase = (token: string) => t('phrase.OPERATOR_FILTER', rejectionRule(token));
  expect(phrase('rule:no-transit')).toBe('by the operator’s rule “no-transit”');
  expect(phrase('OPERATOR_FILTER')).toBe('by a rule of the operator');
});

test('the page for peers explains every token', () => {
  const page = readFileSync(new URL('../../docs/peers.md', import.meta.url), 'utf8');
  const [, table = ''] = page.split('## Why is my prefix not accepted?');
  const patterns = [...REASON_TOKENS, 'taw:…', 'rule:…'];
  expect(patterns.filter((token) => !table.includes(`\`${token}\``))).toEqual([]);
});

test('no words are left of codes the engine cannot give', () => {
  const given = TOKENS.map((token) => rejectionCode(token)).sort();
  for (const words of [
    english.rejection.phrase,
    english.rejection.sentence,
    english.rejection.remedy,
  ])
    expect(Object.keys(words).sort()).toEqual(given);
});
