import { expect, test } from 'vitest';
import { EXPORT_REASONS } from '../../router-core/bgp/policy/export-reason.ts';
import { DECISION_STEPS as STEPS_OF_ENGINE } from '../../router-core/bgp/rib/decision.ts';
import english from './messages/en.json' with { type: 'json' };
import { DECISION_STEPS, isChangeCause, isExportReason } from './route-words.ts';

const { decided, lostAt, decision } = english.lookingGlass;

test('every step of the decision has words for the winner, for the loser and for the ladder', () => {
  expect(Object.keys(DECISION_STEPS)).toEqual(Object.keys(STEPS_OF_ENGINE));
  for (const step of Object.values(DECISION_STEPS)) {
    expect(decided).toHaveProperty(step);
    expect(lostAt).toHaveProperty(step);
    // Our own route comes before all others: there is no ladder.
    if (step !== 'own') expect(decision).toHaveProperty(step);
  }
});

test('every reason to keep a route from a neighbor has a sentence', () => {
  const reasons = EXPORT_REASONS.filter((token) => token !== 'told');
  expect(reasons.filter((token) => !isExportReason(token))).toEqual([]);
  expect(isExportReason('toString')).toBe(false);
});

test('a cause of a change is known, or shown as it is', () => {
  expect(isChangeCause('withdrawn')).toBe(true);
  expect(isChangeCause('toString')).toBe(false);
});
