import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { documentOfFile, readConfigFile } from '../router-core/index.ts';

const README = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
const EXAMPLE = /^```yaml\n([\s\S]*?)^```$/m.exec(README)?.[1] ?? '';

test('the configuration file of the README is accepted as it stands', () => {
  const { file, findings } = readConfigFile(parse(EXAMPLE), (path) => join('/etc', path));
  expect(findings).toEqual([]);
  const document = file === undefined ? undefined : documentOfFile(file, '');
  expect(document?.findings).toEqual([]);
  expect(document?.config?.peerings.map(({ name }) => name)).toEqual(['alder']);
});
