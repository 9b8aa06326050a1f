/**
 * A router worker that does nothing but change routes, in a thread of its own.
 *
 * JavaScript, because a thread of Node 20 takes TypeScript only after tsx has been registered in it.
 *
 * @module
 */
import { register } from 'tsx/esm/api';

register();
await import('./route-writer-main.ts');
