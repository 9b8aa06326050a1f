import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readJsonIfAny, readTextIfAny, writeFileAtomically } from './files.ts';

const folder = mkdtempSync(join(tmpdir(), 'r42-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what is written is read, by the owner only, and nothing else is left in the folder', () => {
  const path = join(folder, 'new', 'deep', 'runtime.json');
  writeFileAtomically(path, '{"a":1}\n');
  writeFileAtomically(path, '{"a":2}\n');
  expect(readJsonIfAny(path)).toEqual({ a: 2 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(folder, 'new', 'deep'))).toEqual(['runtime.json']);
});

test('what cannot be put in place leaves nothing beside it', () => {
  const path = join(folder, 'taken', 'edge.yaml');
  mkdirSync(path, { recursive: true });
  expect(() => writeFileAtomically(path, 'PrivKey: x\n')).toThrow(
    expect.objectContaining({ code: 'EISDIR' }),
  );
  expect(readdirSync(join(folder, 'taken'))).toEqual(['edge.yaml']);
});

test('a file that is absent or damaged is undefined', () => {
  const path = join(folder, 'damaged.json');
  writeFileSync(path, '{"a":');
  expect(readJsonIfAny(path)).toBeUndefined();
  expect(readTextIfAny(path)).toBe('{"a":');
  expect(readJsonIfAny(join(folder, 'absent.json'))).toBeUndefined();
  expect(readTextIfAny(join(folder, 'absent.json'))).toBeUndefined();
});

test('a path that cannot be read is an error, not an absence', () => {
  expect(() => readTextIfAny(folder)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
  expect(() => readTextIfAny(join(folder, 'damaged.json', 'x'))).toThrow(
    expect.objectContaining({ code: 'ENOTDIR' }),
  );
});
