/**
 * Before the suites: what is under test is built from these sources.
 *
 * @module
 */
import { prepare } from '../../bin/prepare.mjs';

export default async function setup(): Promise<void> {
  await prepare();
}
