/**
 * What every page must be, whoever looks at it: accessible, still, silent, inside its policy, and
 * as wide as the screen.
 *
 * Standard: WCAG 2.2 AA as far as axe can judge it; Layout Instability API; CSP Level 3.
 *
 * @module
 */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const PICTURES = resolve(import.meta.dirname, '../../test-results/pages');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];
/**
 * Design §8 asks for none. On a busy machine the font comes late, and where there is no Arial, as here, its
 * fallback has other widths: that moves a line by a hundredth, while a list that grows moves more.
 */
const SHIFT_MAX = 0.02;
/** Late answers, fonts and streams have come by then. */
const SETTLED_MS = 400;

export const VIEWS = [
  { width: 1280, height: 900, schemes: ['light', 'dark'] },
  { width: 360, height: 780, schemes: ['dark', 'light'] },
] as const;

type Shifts = { shifts?: { value: number; sources: string[] }[] };

/** Notes every layout shift that no input caused, from the first paint on. */
export async function observeShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const kept = globalThis as unknown as Shifts;
    kept.shifts = [];
    type Shift = PerformanceEntry & {
      value: number;
      hadRecentInput: boolean;
      sources: { node: Node | null }[];
    };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Shift[])
        if (!entry.hadRecentInput)
          kept.shifts?.push({
            value: entry.value,
            sources: entry.sources.map(({ node }) =>
              node instanceof Element ? node.outerHTML.slice(0, 160) : String(node),
            ),
          });
    }).observe({ type: 'layout-shift', buffered: true });
  });
}

/** Opens an address at both widths and in both schemes and judges what is there. */
export async function inspect(page: Page, url: string, name: string, status = 200): Promise<void> {
  const failed: string[] = [];
  const note = (response: { status(): number; url(): string }): void => {
    if (response.status() >= 400 && response.url() !== url)
      failed.push(`${response.status()} ${response.url()}`);
  };
  page.on('response', note);
  for (const { width, height, schemes } of VIEWS) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: schemes[0] });
    const answer = await page.goto(url, { waitUntil: 'load' });
    expect(answer?.status(), url).toBe(status);
    expectPolicy(answer?.headers() ?? {}, (await answer?.text()) ?? '');
    await page.evaluate(() => document.fonts.ready.then(() => undefined));
    await page.waitForTimeout(SETTLED_MS);
    for (const scheme of schemes) {
      const view = `${name} at ${width}, ${scheme}`;
      await page.emulateMedia({ colorScheme: scheme });
      await endTransitions(page);
      await expectAccessible(page, view);
      if (scheme === schemes[0]) await takePicture(page, `${name}-${width}-${scheme}`);
    }
    await expectStill(page, `${name} at ${width}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(wide, `${name} scrolls sideways at ${width}`).toBeLessThanOrEqual(width);
  }
  page.off('response', note);
  expect(failed, name).toEqual([]);
}

/** A whole page for people who look at the design: nothing judges it, so it is taken on request only. */
export async function takePicture(page: Page, name: string): Promise<void> {
  if (process.env.JOURNEYS_PICTURES !== '1') return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}

/** Colors glide from one scheme to the other, and would be judged half-way: their end is judged. */
async function endTransitions(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await new Promise(requestAnimationFrame);
    const running = () => document.getAnimations().filter((each) => each instanceof CSSTransition);
    // The end of one may begin another, of what inherits from it.
    for (let all = running(); all.length > 0; all = running())
      for (const transition of all) transition.finish();
  });
}

/**
 * Axe in the page itself. Its other mode, for frames of other origins, opens one more page for each
 * analysis, which costs more than the analysis; the policy lets no page of ours have such a frame. Half a
 * megabyte of axe that is in the page already is not read again.
 */
export async function expectAccessible(page: Page, view: string): Promise<void> {
  const isThere = await page.evaluate(() => 'axe' in globalThis);
  const { violations } = await new AxeBuilder({ page, ...(isThere && { axeSource: 'void 0' }) })
    .options({ resultTypes: ['violations'] })
    .withTags(RULES)
    .setLegacyMode()
    .analyze();
  const words = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join('\n  ')}`,
  );
  expect(words, view).toEqual([]);
}

/** Nothing moved by itself since the first paint. */
export async function expectStill(page: Page, view: string): Promise<void> {
  const shifts = await page.evaluate(() => (globalThis as unknown as Shifts).shifts ?? []);
  const sum = shifts.reduce((total, { value }) => total + value, 0);
  expect(sum, `${view}: ${JSON.stringify(shifts, null, 1)}`).toBeLessThan(SHIFT_MAX);
}

/** Scripts run by the nonce of this very answer, and by nothing else. */
function expectPolicy(headers: Readonly<Record<string, string>>, html: string): void {
  const policy = headers['content-security-policy'] ?? '';
  const nonce = /script-src [^;]*'nonce-([^']+)'/.exec(policy)?.[1];
  expect(nonce, policy).toMatch(/^.{16,}$/);
  for (const part of [
    "default-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ])
    expect(policy).toContain(part);
  expect(policy).not.toMatch(/script-src[^;]*'unsafe-(?:inline|eval)'/);
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(html.match(/<script(?![^>]*\bnonce=)[^>]*>/g) ?? []).toEqual([]);
}
