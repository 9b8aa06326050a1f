/** The tokens of globals.css keep the contrast that the design promises (WCAG 2.2, 1.4.3 and 1.4.11). */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const THEMES = ['light', 'dark'] as const;
type Theme = (typeof THEMES)[number];
const tokens = readTokens(readFileSync(new URL('../globals.css', import.meta.url), 'utf8'));

const GROUNDS = ['bg', 'surface', 'sunken', 'raised', 'accent-soft'];
const STATES = ['ok', 'busy', 'warn', 'bad', 'idle'];

for (const theme of THEMES) {
  test(`text has at least 4.5 on every surface it stands on, ${theme}`, () => {
    for (const ink of ['text', 'text-2', 'text-3']) {
      for (const ground of GROUNDS) {
        expect(ratio(theme, ink, ground), `${ink} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  test(`states have at least 4.5 on paper, on their soft ground and on the highlighter, ${theme}`, () => {
    for (const state of STATES) {
      for (const ground of ['bg', 'surface', 'sunken', `${state}-soft`, 'accent-soft']) {
        expect(ratio(theme, state, ground), `${state} on ${ground}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  test(`the label of the yellow button has at least 4.5 in rest, hover and press, ${theme}`, () => {
    for (const ground of ['accent', 'accent-hover', 'accent-press']) {
      expect(ratio(theme, 'on-accent', ground), ground).toBeGreaterThanOrEqual(4.5);
    }
  });

  test(`the number in each cell of a heat map has at least 4.5, ${theme}`, () => {
    for (const step of [1, 2, 3, 4, 5, 6])
      expect(ratio(theme, `on-heat-${step}`, `heat-${step}`), `${step}`).toBeGreaterThanOrEqual(
        4.5,
      );
  });

  test(`lines that carry meaning have at least 3.0, ${theme}`, () => {
    for (const line of ['control', 'accent-edge', 'text']) {
      for (const ground of ['bg', 'surface', 'sunken', 'land']) {
        expect(ratio(theme, line, ground), `${line} on ${ground}`).toBeGreaterThanOrEqual(3);
      }
    }
  });
}

test('every color of the theme is one of the roles, so components cannot name a hex value', () => {
  const css = readFileSync(new URL('../globals.css', import.meta.url), 'utf8');
  const named = [...css.matchAll(/--color-([a-z0-9-]+): var\(--([a-z0-9-]+)\);/g)];
  expect(named.length).toBeGreaterThan(20);
  for (const [, color, role] of named) {
    expect(color).toBe(role);
    expect(tokens.has(role ?? ''), role).toBe(true);
  }
});

function readTokens(css: string): Map<string, Record<Theme, string>> {
  const found = new Map<string, Record<Theme, string>>();
  const pattern = /--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);/g;
  for (const [, name = '', light = '', dark = ''] of css.matchAll(pattern)) {
    found.set(name, { light, dark });
  }
  return found;
}

function ratio(theme: Theme, ink: string, ground: string): number {
  const [darker, lighter] = [luminance(theme, ink), luminance(theme, ground)].sort((a, b) => a - b);
  return ((lighter ?? 0) + 0.05) / ((darker ?? 0) + 0.05);
}

/** Relative luminance, WCAG 2.2. */
function luminance(theme: Theme, role: string): number {
  const hex = tokens.get(role)?.[theme];
  if (hex === undefined) throw new Error(`no token ${role}`);
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
