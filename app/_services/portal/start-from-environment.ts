/**
 * Starts the portal of this process as its environment says; a wrong setting ends it with one line.
 *
 * Not standardized; docs/architecture.md §7. bin/ has made every path absolute and the checkout the
 * working folder.
 *
 * @module
 */
import 'server-only';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readSettings, SettingError } from '../../_settings/index.ts';
import { startPortal } from './start.ts';

export async function startFromEnvironment(): Promise<void> {
  const rootFolder = process.cwd();
  try {
    const settings = readSettings(process.env, rootFolder);
    await startPortal(settings, readVersion(rootFolder));
  } catch (error) {
    const isSetting = error instanceof SettingError;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`rootless42: ${message}\n`);
    if (!isSetting && error instanceof Error)
      process.stderr.write(`${error.cause instanceof Error ? error.cause.stack : error.stack}\n`);
    process.exit(1);
  }
}

function readVersion(rootFolder: string): string {
  const text = readFileSync(
    path.join(/* turbopackIgnore: true */ rootFolder, 'package.json'),
    'utf8',
  );
  return (JSON.parse(text) as { version: string }).version;
}
