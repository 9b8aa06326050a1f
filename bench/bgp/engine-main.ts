/**
 * Entry of the engine router: options as JSON in the first argument; READY when it listens.
 *
 * @module
 */
import { type EngineOptions, startEngineRouter } from './engine-router.ts';

await startEngineRouter(JSON.parse(process.argv[2] ?? '{}') as EngineOptions);
process.stdout.write('READY\n');
