import { defineConfig } from '@playwright/test';
import { CHROMIUM_ARGUMENTS } from './e2e/lab/browser.ts';

/**
 * Chromium reads the last list only, so Playwright's own is repeated (coreBundle.js, `disabledFeatures`). Each
 * test has a browser window of its own, and these three cost it half of its processor time: two pages for an
 * address bar that nobody sees, and a renderer to spare.
 */
const DISABLED_FEATURES = [
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsUpgrades',
  'HttpsFirstBalancedModeAutoEnable',
  'LensOverlay',
  'MediaRouter',
  'PaintHolding',
  'ThirdPartyStoragePartitioning',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'OptimizationHints',
  'NetworkTimeServiceQuerying',
  'AimEnabled',
  'PreconnectToSearch',
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'SpareRendererForSitePerProcess',
];

/**
 * The journeys: the product as `npm start` runs it, in Debian's chromium. Each file starts portals of
 * its own, so that files run side by side and none meets the rate limits of another.
 */
export default defineConfig({
  testDir: 'e2e/journeys',
  outputDir: 'test-results/journeys',
  globalSetup: './e2e/lab/build.ts',
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: process.env.CI !== undefined,
  reporter: [['list'], ['json', { outputFile: 'test-results/journeys.json' }]],
  use: {
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 900 },
    actionTimeout: 10_000,
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [...CHROMIUM_ARGUMENTS, `--disable-features=${DISABLED_FEATURES.join(',')}`],
    },
  },
});
