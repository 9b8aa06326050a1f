/**
 * Debian's chromium inside a host, driven by Playwright: it sees that host's network and nothing else.
 *
 * @module
 */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from '@playwright/test';
import type { Host, Lab } from './network.ts';

export const CHROMIUM_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

export function startBrowser(lab: Lab, host: Host): Promise<Browser> {
  const wrapper = join(lab.folder, 'chromium');
  const [command, args] = host.inside(process.env.CHROMIUM ?? '/usr/bin/chromium');
  writeFileSync(wrapper, `#!/bin/sh\nexec ${[command, ...args].join(' ')} "$@"\n`);
  chmodSync(wrapper, 0o755);
  return chromium.launch({ executablePath: wrapper, args: CHROMIUM_ARGUMENTS });
}
