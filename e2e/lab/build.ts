/**
 * Before the suites: the bundles under test are those of these sources.
 *
 * @module
 */
import { buildRouter } from '../../bin/build-router.mjs';

export default async function setup(): Promise<void> {
  await buildRouter();
}
