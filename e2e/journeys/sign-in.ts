/**
 * A visitor proves an AS: types the number, runs what the page shows, pastes what it printed.
 *
 * @module
 */
import { expect, type Page } from '@playwright/test';
import type { Home } from './keys.ts';
import type { Portal } from './portal.ts';

/** Opens the proof page of an AS; returns the command, once its text has come. */
export async function openProof(page: Page, portal: Portal, asn: number, method?: string) {
  await page.goto(`${portal.url}/sign-in?asn=${asn}`);
  await expect(page.getByRole('heading', { name: `Prove that AS${asn} is yours` })).toBeVisible();
  if (method !== undefined) await page.getByRole('radio', { name: method }).check();
  return shownCommand(page);
}

/** The command that signs; the page never shows one that cannot be run. */
export async function shownCommand(page: Page): Promise<string> {
  const block = page.locator('pre', { hasText: 'rootless42-v1' });
  await expect(block).toHaveText(/ nonce=[0-9a-hjkmnp-tv-z]{26} exp=[0-9]{10}/);
  return (await block.innerText()).trim();
}

export const challengeIn = (command: string): string => {
  const text = /rootless42-v1 [^']+/.exec(command)?.[0];
  if (text === undefined) throw new Error(`no challenge in: ${command}`);
  return text;
};

export const signatureField = (page: Page) =>
  page.getByLabel(/Paste (what it printed|the signature)/);

export async function pasteSignature(page: Page, signature: string): Promise<void> {
  await signatureField(page).fill(signature);
  await page.getByRole('button', { name: 'Verify signature' }).click();
}

/** The whole of it with an SSH key; ends on the form of the first peering. */
export async function signInBySsh(page: Page, portal: Portal, asn: number, home: Home) {
  const command = await openProof(page, portal, asn);
  const { stdout, stderr } = await home.shell(command);
  expect(stdout, stderr).toContain('BEGIN SSH SIGNATURE');
  await pasteSignature(page, stdout);
  await page.waitForURL(/\/peerings(\/new)?(\?.*)?$/);
}
