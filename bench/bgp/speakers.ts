/**
 * Starts the peers of a run in their namespace and waits for what they found.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Daemon } from '../../e2e/lab/process.ts';
import { programWords } from '../../e2e/lab/programs.ts';
import { pinned, type Star } from '../lab/star.ts';
import type { FleetOptions, FleetResult } from './fleet.ts';

/** Beyond the limit of the run: to connect, and to count. */
const PATIENCE_SECONDS = 60;

/** `processors`: those the peers may use. */
export async function runSpeakers(
  star: Star,
  processors: string,
  options: FleetOptions,
): Promise<FleetResult> {
  const file = join(star.folder, 'fleet.json');
  writeFileSync(file, JSON.stringify(options));
  const host = pinned(star.host('peers'), processors);
  const speakers = new Daemon('speakers', ...host.inside(...programWords('speakers', file)));
  const limitMs = (options.limitSeconds + PATIENCE_SECONDS) * 1000;
  const [, text = ''] = await speakers.printed(/RESULT (.*)/, limitMs);
  return JSON.parse(text) as FleetResult;
}
