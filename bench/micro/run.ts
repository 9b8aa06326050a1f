/**
 * `node bin/bench.mjs micro`: single parts in memory, without root.
 *
 * @module
 */
import { compare, describeMachine, type Report } from '../lab/results.ts';
import { AEAD_ANCHOR, benchAead } from './aead.ts';
import { benchNetstack } from './netstack.ts';

export function runMicro(log: (line: string) => void): Report {
  const machine = describeMachine();
  log('AEAD …');
  const aead = benchAead();
  log('netstack …');
  const runs = [...aead, ...benchNetstack()];
  const tests = [...new Set(runs.map((run) => run.test))];
  const anchorOf = (test: string): string => (test.startsWith('aead') ? AEAD_ANCHOR : '');
  return {
    benchmark: 'micro',
    date: new Date().toISOString(),
    machine,
    settings: {},
    anchors: Object.fromEntries(tests.map((test) => [test, anchorOf(test)])),
    comparisons: compare(runs, anchorOf),
    leftOut: [],
    runs,
  };
}
