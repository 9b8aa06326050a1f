/**
 * A reporter of vitest that writes down errors no test caught, which the JSON reporter leaves out: an array of
 * their messages, as JSON, in the file of `ROOTLESS42_UNHANDLED_ERRORS`.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';

export default class UnhandledErrorsReporter {
  onTestRunEnd(_modules, errors) {
    const file = process.env.ROOTLESS42_UNHANDLED_ERRORS;
    if (file !== undefined)
      writeFileSync(file, JSON.stringify(errors.map((error) => error.message ?? String(error))));
  }
}
