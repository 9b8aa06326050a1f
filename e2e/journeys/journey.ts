/**
 * The `test` of all journeys: every browser is a client with an address of its own, and no page may
 * log an error, throw, or break the Content-Security-Policy.
 *
 * @module
 */
import { test as base, expect, type Page } from '@playwright/test';

export { expect };

let clients = 0;

/**
 * An address that no other client of this file has, in a network of its own: limits count networks.
 * Only portals started with `believesForwarding` believe it.
 */
export const newClientAddress = (): string => {
  clients += 1;
  return `198.${18 + (clients >> 8)}.${clients & 0xff}.7`;
};

type Journey = {
  /** What pages of this test complained about; the test fails when it is not empty. */
  readonly problems: string[];
};

export const test = base.extend<Journey>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the fixtures from this pattern
  problems: async ({}, use) => {
    const problems: string[] = [];
    await use(problems);
    expect(problems).toEqual([]);
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  extraHTTPHeaders: async ({}, use) => use({ 'x-forwarded-for': newClientAddress() }),
  page: async ({ page, problems }, use) => {
    watch(page, problems);
    await use(page);
  },
});

/** A refused request is an answer, and a line cut by a test is no fault; all else is one of ours. */
const EXPECTED =
  /^Failed to load resource: (?:the server responded with a status of (?:4\d\d|503) |net::ERR_INTERNET_DISCONNECTED)/;

export function watch(page: Page, problems: string[]): void {
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text()))
      problems.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`${page.url()}: ${error.message}`));
}
