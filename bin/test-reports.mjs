/**
 * Reads what the test runners wrote down: how many passed, and what failed, by name.
 *
 * Shapes: the JSON reporter of vitest (that of Jest), the JSON reporter of Playwright.
 *
 * @module
 */
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** What vitest says of a worker that did not begin; its file is missing in the report. */
const NO_WORKER = '[vitest-pool]';

/**
 * Of vitest. `unhandled`: errors no test caught. `ran`: the files, from `root` on, that ran a test or left one
 * out; a file that is not among them did not get so far.
 *
 * @typedef {{ passed: number, leftOut: number, failures: { file: string, text: string }[] }} SuiteResult
 * @returns {SuiteResult & { ran: Set<string> }}
 */
export function readVitestReport(report, unhandled, root) {
  const ran = new Set();
  const failures = unhandled
    .filter((message) => !message.startsWith(NO_WORKER))
    .map((message) => failure('', 'an error that no test caught', message));
  for (const { name, status, message, assertionResults } of report.testResults) {
    const file = relative(root, name);
    if (assertionResults.length > 0) ran.add(file);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    for (const test of failed) failures.push(failure(file, test.fullName, test.failureMessages[0]));
    if (status === 'failed' && failed.length === 0)
      failures.push(failure(file, 'did not start', message));
  }
  const leftOut = report.numPendingTests + (report.numTodoTests ?? 0);
  return { passed: report.numPassedTests, leftOut, failures, ran };
}

/**
 * The same after some files were run again.
 *
 * @returns {SuiteResult & { ran: Set<string> }}
 */
export const withSecondRun = (first, second, again) => ({
  passed: first.passed + second.passed,
  leftOut: first.leftOut + second.leftOut,
  failures: [...first.failures.filter(({ file }) => !again.includes(file)), ...second.failures],
  ran: new Set([...first.ran, ...second.ran]),
});

/**
 * Of Playwright.
 *
 * @returns {SuiteResult}
 */
export const readPlaywrightReport = ({ stats, suites }) => ({
  passed: stats.expected + stats.flaky,
  leftOut: stats.skipped,
  failures: suites.flatMap(failedJourneys),
});

/** What failed in a suite of Playwright's report and in the suites within it. */
const failedJourneys = ({ file, specs = [], suites = [] }) => [
  ...specs
    .filter(({ ok }) => !ok)
    .map(({ title, tests }) => {
      const errors = tests.flatMap(({ results }) => results.flatMap((result) => result.errors));
      return failure(file, title, errors[0]?.message);
    }),
  ...suites.flatMap(failedJourneys),
];

/** Two lines: where it stands and its name, and the first line of what it said. */
function failure(file, name, message = 'no message') {
  const said = stripVTControlCharacters(message).trim().split('\n')[0].slice(0, 300);
  return { file, text: `${file === '' ? '' : `${file}: `}${name}\n    ${said}` };
}
