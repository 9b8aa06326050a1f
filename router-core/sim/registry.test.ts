import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { wallTime } from '../base/units.ts';
import { fixtureFiles, fixtureIndex } from '../registry/fixtures/fixture-registry.ts';
import { prefixFilters, roaTable } from '../registry/index.ts';
import { SYNTHETIC_REGISTRY, syntheticRegistry } from './registry.ts';

test('the bundled registry is the fixture, as far as it is text', () => {
  const texts: Record<string, string> = {};
  for (const { path, bytes } of fixtureFiles()) {
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    if (!text.includes('\uFFFD')) texts[path] = text;
  }
  expect(SYNTHETIC_REGISTRY).toEqual(texts);
  expect(readFileSync(new URL('registry-files.json', import.meta.url)).length).toBeLessThan(65_536);
});

test('it yields the same ROAs and filters', () => {
  const registry = syntheticRegistry(wallTime(0));
  expect(registry.roas).toEqual(roaTable(fixtureIndex()));
  expect(registry.filters).toEqual(prefixFilters(fixtureIndex()));
});
