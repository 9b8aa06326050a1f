/**
 * A router worker that does nothing but change keys, in a thread of its own.
 *
 * JavaScript, because a thread of Node 20 takes TypeScript only after tsx has been registered in it.
 *
 * @module
 */
import { register } from 'tsx/esm/api';

register();
await import('./key-rotator-main.ts');
