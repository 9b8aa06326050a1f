/** Real files; the time between two tries is virtual. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ConfigSaver } from './config-saver.ts';
import { SAVE_RETRY_MS, UNSAVED_CHANGES_MAX } from './limits.ts';

let folder: string;
let path: string;
let lines: { level: string; message: string; fields: object }[];
let saver: ConfigSaver;
beforeEach(() => {
  vi.useFakeTimers();
  folder = mkdtempSync(join(tmpdir(), 'r42-saver-'));
  path = join(folder, 's.yaml');
  lines = [];
  saver = new ConfigSaver((level, message, fields) => lines.push({ level, message, fields }));
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

const text = (): string => readFileSync(path, 'utf8');

test('what can be written is written at once, and nothing is said', () => {
  writeFileSync(path, '# mine\nNodeName: a\n');
  saver.save(path, [{ path: ['NodeName'], value: 'b' }]);
  expect(text()).toBe('# mine\nNodeName: b\n');
  saver.stop();
  expect(lines).toEqual([]);
});

test('what cannot be written is tried again with all that came since, and told once', () => {
  // An editor has taken the file away.
  saver.save(path, [{ path: ['NodeName'], value: 'b' }]);
  saver.save(path, [
    { path: ['NodeName'], value: 'c' },
    { path: ['LogLevel', 'LogLevel'], value: 'debug' },
  ]);
  vi.advanceTimersByTime(SAVE_RETRY_MS);
  expect(lines).toEqual([
    {
      level: 'warn',
      message: 'the configuration file cannot be changed; it is tried again',
      fields: { path, cause: expect.stringContaining(path) },
    },
  ]);
  writeFileSync(path, 'NodeName: a\nLogLevel:\n  LogLevel: error\n');
  vi.advanceTimersByTime(SAVE_RETRY_MS);
  expect(text()).toBe('NodeName: c\nLogLevel:\n  LogLevel: debug\n');
  expect(lines.slice(1)).toMatchObject([{ level: 'info' }]);
  vi.advanceTimersByTime(10 * SAVE_RETRY_MS);
  expect(lines).toHaveLength(2);
});

test('the next change brings what was left behind; a file whose text is wrong is not touched', () => {
  writeFileSync(path, 'NodeName: [');
  saver.save(path, [{ path: ['NodeName'], value: 'b' }]);
  expect(text()).toBe('NodeName: [');
  writeFileSync(path, 'NodeName: a\n');
  saver.save(path, [{ path: ['PrivKey'], value: 'k' }]);
  expect(text()).toBe('NodeName: b\nPrivKey: k\n');
});

test('what was taken out of a list twice at one place was two things', () => {
  saver.save(path, [{ path: ['Peers', 0], value: undefined }]);
  saver.save(path, [{ path: ['Peers', 0], value: undefined }]);
  writeFileSync(path, 'Peers:\n  - NodeID: 1\n  - NodeID: 2\n  - NodeID: 3\n');
  saver.retry();
  expect(text()).toBe('Peers:\n  - NodeID: 3\n');
});

test('so many changes wait, and no more', () => {
  const change = { path: ['NodeName'], value: 'b' };
  saver.save(path, Array(UNSAVED_CHANGES_MAX).fill(change));
  saver.save(path, [{ path: ['PrivKey'], value: 'k' }]);
  expect(lines.at(-1)).toMatchObject({ level: 'error', fields: { places: ['PrivKey'] } });
  writeFileSync(path, 'NodeName: a\n');
  saver.retry();
  expect(text()).toBe('NodeName: b\n');
});

test('at the end it is tried a last time, and what is lost is named', () => {
  saver.save(path, [{ path: ['Peers', 1, 'EndPoint'], value: 'a:1' }]);
  saver.stop();
  expect(lines.at(-1)).toMatchObject({
    level: 'error',
    fields: { path, places: ['Peers.1.EndPoint'] },
  });
  vi.advanceTimersByTime(10 * SAVE_RETRY_MS);
  expect(lines).toHaveLength(2);
});
