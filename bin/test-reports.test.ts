/** What failed is named, and a file whose tests never ran is told from one whose tests failed. */
import { expect, test } from 'vitest';
import { readPlaywrightReport, readVitestReport, withSecondRun } from './test-reports.mjs';

const passed = { fullName: 'a b', status: 'passed', failureMessages: [] };
const failed = {
  fullName: 'a c',
  status: 'failed',
  failureMessages: ['\u001b[31mno\u001b[39m\nat x'],
};
const skipped = { fullName: 'a d', status: 'skipped', failureMessages: [] };
const fileOf = (name: string, assertionResults: object[], status = 'passed', message = '') => ({
  name: `/root/${name}`,
  status,
  message,
  assertionResults,
});

test('vitest: tests, hooks and files that did not start', () => {
  const report = {
    numPassedTests: 1,
    numPendingTests: 1,
    testResults: [
      fileOf('one.test.ts', [passed, failed], 'failed'),
      fileOf('hook.test.ts', [skipped], 'failed', 'the hook said so'),
      fileOf('none.test.ts', [], 'failed', 'worker did not answer'),
    ],
  };
  const result = readVitestReport(
    report,
    ['[vitest-pool]: Worker forks emitted error.', 'nobody caught\nthis'],
    '/root',
  );
  expect(result).toMatchObject({ passed: 1, leftOut: 1 });
  expect(result.failures.map(({ text }) => text)).toEqual([
    'an error that no test caught\n    nobody caught',
    'one.test.ts: a c\n    no',
    'hook.test.ts: did not start\n    the hook said so',
    'none.test.ts: did not start\n    worker did not answer',
  ]);
  expect([...result.ran]).toEqual(['one.test.ts', 'hook.test.ts']);

  const second = readVitestReport(
    { numPassedTests: 4, numPendingTests: 0, testResults: [fileOf('none.test.ts', [passed])] },
    [],
    '/root',
  );
  const both = withSecondRun(result, second, ['none.test.ts']);
  expect(both.passed).toBe(5);
  expect(both.failures.map(({ file }) => file)).toEqual(['', 'one.test.ts', 'hook.test.ts']);
  expect(both.ran.has('none.test.ts')).toBe(true);
});

test('playwright: suites within suites', () => {
  const spec = (title: string, ok: boolean) => ({
    title,
    ok,
    tests: [{ results: [{ errors: ok ? [] : [{ message: `${title} is bad\nmore` }] }] }],
  });
  const report = {
    stats: { expected: 2, flaky: 1, skipped: 3, unexpected: 1 },
    suites: [
      {
        file: 'x.spec.ts',
        specs: [spec('good', true)],
        suites: [{ file: 'x.spec.ts', specs: [spec('bad', false)] }],
      },
    ],
  };
  expect(readPlaywrightReport(report)).toEqual({
    passed: 3,
    leftOut: 3,
    failures: [{ file: 'x.spec.ts', text: 'x.spec.ts: bad\n    bad is bad' }],
  });
});
