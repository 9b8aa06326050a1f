import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { RouterError } from '../base/errors.ts';
import { findingsError, readConfig } from './read-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'r42-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, 'node.yaml');
  writeFileSync(path, text);
  return path;
}

/** What a person reads who wrote this file. */
function complaint(text: string): string {
  const path = file(text);
  try {
    readConfig(path);
  } catch (error) {
    if (error instanceof RouterError)
      return `${error.code} ${error.message.replaceAll(path, 'node.yaml')}`;
    throw error;
  }
  return 'accepted';
}

test('paths are relative to the file, wherever the program runs', () => {
  const config = readConfig(
    file('node: { name: tokyo, asn: 4242426000 }\nregistry: { path: ./registry }\n'),
  );
  expect(config.node.privateKeyFile).toBe(join(folder, 'wg.key'));
  expect(config.registry).toEqual({ kind: 'directory', path: join(folder, 'registry') });
});

test('a file that is not there is named', () => {
  expect(() => readConfig(join(folder, 'absent.yaml'))).toThrow(
    expect.objectContaining({
      code: 'CONFIG_UNREADABLE',
      message: expect.stringContaining('absent.yaml'),
    }),
  );
});

test('what is no YAML is told with its line', () => {
  expect(complaint('node:\n  name: [tokyo\n')).toMatch(/^CONFIG_SYNTAX node\.yaml: .*line \d/s);
  expect(complaint('node: { name: a, asn: 1 }\nnode: { name: b, asn: 2 }\n')).toMatch(
    /^CONFIG_SYNTAX .*unique/s,
  );
  expect(complaint('node: *nowhere\n')).toMatch(/^CONFIG_SYNTAX node\.yaml: Unresolved alias/);
});

test('aliases that multiply are refused', () => {
  const levels = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [name, before] of ['ba', 'cb', 'dc', 'ed', 'fe'].map((pair) => [pair[0], pair[1]]))
    levels.push(`${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(', ')}]`);
  expect(complaint(levels.join('\n'))).toMatch(/^CONFIG_SYNTAX node\.yaml: Excessive alias count/);
});

test('every finding has a line of its own, with its place and code', () => {
  expect(complaint('node: { name: tokyo }\npeerings: [{ asn: x }]\n')).toBe(
    [
      'CONFIG_MISSING_KEY node.yaml: node.asn is missing. (CONFIG_MISSING_KEY)',
      '  node.yaml: peerings[0].asn must be a whole number. (CONFIG_TYPE)',
    ].join('\n'),
  );
  expect(complaint('')).toBe(
    'CONFIG_TYPE node.yaml: the document must be a set of keys. (CONFIG_TYPE)',
  );
});

test('warnings are no errors; a broken rule ends like a broken file', () => {
  const error = findingsError('f.yaml', [
    {
      code: 'ENDPOINT_PRIVATE',
      path: 'peerings[0].endpoint',
      message: 'It is private.',
      severity: 'warning',
    },
    {
      code: 'MTU_RANGE',
      path: 'peerings[0].mtu',
      message: 'Too much.',
      hint: 'Take 1420.',
      severity: 'error',
    },
  ]);
  expect([error.code, error.message]).toEqual([
    'CONFIG_TYPE',
    'f.yaml: peerings[0].mtu: Too much. Take 1420. (MTU_RANGE)',
  ]);
});
