/**
 * `npm run demo`: the portal with a simulated node and simulated neighbors, without questions.
 *
 * Keeps its data apart from that of a real node. Nothing leaves this machine.
 *
 * @module
 */
import path from 'node:path';

process.env.ROOTLESS42_DEMO = '1';
process.env.ROOTLESS42_DATA ??= path.join(path.dirname(import.meta.dirname), 'data/demo');
await import('./start.mjs');
