/** The page that stands by itself has the colors of all others, and nothing that could run. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { refusalPage } from './refusal-page.ts';

const page = (theme?: string): string =>
  refusalPage({
    language: 'en',
    theme,
    nonce: 'bm9uY2U=',
    title: 'Title',
    text: 'Text.',
    code: 'TOKEN_INVALID',
    startPage: 'Start page',
  });

test('every color is a token of globals.css with its value there', () => {
  const css = readFileSync(new URL('../globals.css', import.meta.url), 'utf8');
  const tokens = page().match(/--[a-z0-9-]+: light-dark\([^)]*\);/g) ?? [];
  expect(tokens.length).toBeGreaterThan(8);
  for (const token of tokens) expect(css).toContain(token);
  expect(page().replaceAll(/--[a-z0-9-]+: light-dark\([^)]*\);/g, '')).not.toMatch(
    /#[0-9a-f]{3,8}\b/,
  );
});

test('a theme is one of two words, whatever a cookie says', () => {
  expect(page('dark')).toContain('<html lang="en" data-theme="dark">');
  expect(page('"><script>')).toContain('<html lang="en">');
  expect(page('"><script>')).not.toContain('<script');
});
