/**
 * The product with a router worker that can be made to fail, as a fault of ours would.
 *
 * @module
 */
import { chmodSync, cpSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/**
 * Returns a folder with the bundles of the product, whose router worker fails when the file `fail` appears
 * in the data folder, once each time. The caller removes the folder.
 */
export function failingBundles(): string {
  const folder = mkdtempSync(join(ROOT, 'dist/failing-'));
  // The router runs as nobody.
  chmodSync(folder, 0o755);
  cpSync(join(ROOT, 'dist/router-core'), folder, { recursive: true });
  renameSync(join(folder, 'worker.js'), join(folder, 'router-worker.js'));
  writeFileSync(
    join(folder, 'worker.js'),
    `
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
const place = workerData.dataFolder;
setInterval(() => {
  if (!existsSync(join(place, 'fail'))) return;
  renameSync(join(place, 'fail'), join(place, 'failed'));
  throw new Error('the test makes it fail');
}, 50).unref();
await import('./router-worker.js');
`,
  );
  return folder;
}
