/**
 * The recorded files of real nodes, as their readers get them.
 *
 * @module
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseYamlFile, type YamlFile } from '../../../../host/yaml-file.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures');

export const fixtureText = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');
export const fixtureYaml = (name: string): YamlFile => parseYamlFile(fixtureText(name), name);

/** Names of the recorded files of a folder that the pattern matches. */
export const fixtureNames = (folder: string, pattern: RegExp): string[] =>
  readdirSync(join(FIXTURES, folder))
    .filter((name) => pattern.test(name))
    .map((name) => `${folder}/${name}`)
    .sort();

/** Every recorded configuration of an edge, and of a supernode. */
export const EDGE_FILES = [
  ...fixtureNames('config', /edge/),
  ...['static', 'p2p', 'super'].flatMap((mode) => fixtureNames(`gencfg/${mode}`, /edge/)),
];
export const SUPER_FILES = [
  ...fixtureNames('config', /super\.yaml$/),
  ...fixtureNames('gencfg/super', /_super/),
];

/** Returns lines of a text without what is fresh in every run, and without quotes. */
export const maskedLines = (text: string): string[] =>
  text.split('\n').map((line) =>
    line
      .replaceAll(/["']/g, '')
      .replace(/(\b(?:PrivKey|PubKey|PSKey)\w*: )[\w+/]{43}=$/, '$1<key>')
      .replace(/: \w{8}(_(?:showstate|(?:add|del|update)peer|updatesuper))$/, ': <word>$1'),
  );

/** Returns the values with one place changed; `undefined` takes it out. */
export function changed(values: unknown, path: string, value: unknown): unknown {
  const copy = structuredClone(values);
  const steps = path.split('.');
  let around = copy as Record<string, unknown>;
  for (const step of steps.slice(0, -1)) around = around[step] as Record<string, unknown>;
  if (value === undefined) delete around[steps.at(-1) ?? ''];
  else around[steps.at(-1) ?? ''] = value;
  return copy;
}
