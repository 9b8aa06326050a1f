/**
 * A packet worker for tests: does what messages say, tells what it received.
 *
 * JavaScript, because a thread of Node 20 takes TypeScript only after tsx has been registered in it.
 *
 * @module
 */
import { register } from 'tsx/esm/api';

register();
await import('./worker-main.ts');
