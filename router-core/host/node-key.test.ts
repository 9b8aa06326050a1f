import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { x25519 } from '@noble/curves/ed25519.js';
import { afterAll, expect, test } from 'vitest';
import { fromBase64, toBase64 } from '../base/bytes.ts';
import { readOrMakeNodeKey } from './node-key.ts';

const folder = mkdtempSync(join(tmpdir(), 'r42-key-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a key is made once, clamped (RFC 7748 §5), for the owner only', () => {
  const path = join(folder, 'wg.key');
  const made = readOrMakeNodeKey(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(fromBase64(readFileSync(path, 'utf8').trim())).toEqual(made.privateKey);
  expect([made.privateKey[0]! & 7, made.privateKey[31]! & 0xc0]).toEqual([0, 0x40]);
  expect(readOrMakeNodeKey(path)).toEqual(made);
});

test('a key of `wg genkey` is taken as it is', () => {
  const path = join(folder, 'theirs.key');
  const privateKey = new Uint8Array(32).fill(0x48);
  writeFileSync(path, `${toBase64(privateKey)}\n`);
  expect(readOrMakeNodeKey(path).publicKey).toEqual(x25519.getPublicKey(privateKey));
});

test('a file that holds no key is never overwritten, and its content is not told', () => {
  const path = join(folder, 'notes.txt');
  for (const text of ['', 'my diary', toBase64(new Uint8Array(31))]) {
    writeFileSync(path, text);
    expect(() => readOrMakeNodeKey(path)).toThrow(
      expect.objectContaining({
        code: 'KEY_FILE_UNREADABLE',
        message: expect.not.stringContaining('diary'),
      }),
    );
    expect(readFileSync(path, 'utf8')).toBe(text);
  }
});

test('a place where no file can be is named', () => {
  const path = join(folder, 'notes.txt', 'wg.key');
  expect(() => readOrMakeNodeKey(path)).toThrow(
    expect.objectContaining({
      code: 'KEY_FILE_UNREADABLE',
      message: expect.stringContaining(path),
    }),
  );
});
