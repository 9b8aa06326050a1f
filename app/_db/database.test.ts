import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { diffSchemas, PROVIDERS } from '../../bin/schema-diff.mjs';
import { openDatabase } from './open.ts';
import { createSealer } from './sealing.ts';
import { readRootSecret } from './secret.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MIGRATIONS = path.join(ROOT, 'prisma/migrations/sqlite');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rootless42-db-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (migrations = MIGRATIONS) =>
  openDatabase({
    url: `file:${path.join(folder, 'test.db')}`,
    migrations,
    backups: path.join(folder, 'backups'),
  });

test.each(PROVIDERS)('the migrations for %s lead to the present schema', async (provider) => {
  const read = (name: string) => readFileSync(path.join(ROOT, 'prisma', name), 'utf8');
  const further = await diffSchemas(
    provider,
    read('migrations/schema.snapshot.prisma'),
    read('schema.prisma'),
  );
  expect(further).toBe('');
});

test('a new database is migrated once, and opening it again changes nothing', async () => {
  const first = await open();
  expect(first.report.applied).toEqual(readdirSync(MIGRATIONS).sort());
  await first.database.$disconnect();
  const second = await open();
  expect(second.report).toEqual({ applied: [] });
  await second.database.$disconnect();
});

test('two processes that start at once on a new database both come up', async () => {
  const both = await Promise.all([open(), open()]);
  expect(await both[0].database.node.count()).toBe(0);
  for (const { database } of both) await database.$disconnect();
});

test('a further migration copies the database first; a changed one stops the start', async () => {
  await (await open()).database.$disconnect();
  const names = readdirSync(MIGRATIONS).sort();
  const copy = path.join(folder, 'migrations');
  const write = (migration: string, sql: string) => {
    mkdirSync(path.join(copy, migration), { recursive: true });
    writeFileSync(path.join(copy, migration, 'migration.sql'), sql);
  };
  const original = (name: string) =>
    readFileSync(path.join(MIGRATIONS, name, 'migration.sql'), 'utf8');
  for (const name of names) write(name, original(name));
  write('99991231235959_more', 'CREATE TABLE "More" ("id" TEXT PRIMARY KEY);');
  const { database, report } = await open(copy);
  expect(report.applied).toEqual(['99991231235959_more']);
  expect(statSync(report.backup ?? '').size).toBeGreaterThan(0);
  await database.$disconnect();

  const [first = ''] = names;
  write(first, `${original(first)}-- changed`);
  await expect(open(copy)).rejects.toThrow(/changed after it was applied/);
  await expect(open()).rejects.toThrow(/newer release/);
});

test('a table that is built anew keeps its rows', async () => {
  const copy = path.join(folder, 'migrations');
  const names = readdirSync(MIGRATIONS).sort();
  const rebuild = names.findIndex((name) => name.endsWith('_drop_hold_time'));
  for (const name of names.slice(0, rebuild))
    cpSync(path.join(MIGRATIONS, name), path.join(copy, name), { recursive: true });
  const old = await open(copy);
  const at = new Date();
  const written = await old.database.peering.create({
    data: {
      id: 'a',
      node: 'tokyo',
      asn: 4242426001n,
      name: 'alder',
      administrative: 'enabled',
      tunnel: 'wireguard',
      publicKey: 'key',
      keyClaim: 'tokyo/key',
      underlay: 'auto',
      keepalive: 0,
      linkLocal: 'fe80::6001',
      sessions: 'mp-bgp',
      families: 'ipv4,ipv6',
      extendedNextHop: true,
      policy: 'full',
      importLimit: 9000,
      rateLimit: 5000,
      mtu: 1420,
      optionsSealed: 'sealed',
      revision: 1,
      operation: 'one',
      createdBy: 'alder',
      createdAt: at,
      updatedAt: at,
    },
  });
  await old.database.$disconnect();
  const { database, report } = await open();
  expect(report.applied).toEqual(names.slice(rebuild));
  expect(await database.peering.findMany()).toEqual([written]);
  await database.$disconnect();
});

test('a migration that fails leaves nothing behind', async () => {
  const copy = path.join(folder, 'migrations');
  mkdirSync(path.join(copy, '1_bad'), { recursive: true });
  writeFileSync(
    path.join(copy, '1_bad', 'migration.sql'),
    'CREATE TABLE "Half" ("id" TEXT PRIMARY KEY); CREATE NONSENSE;',
  );
  await expect(open(copy)).rejects.toThrow(/1_bad failed/);
  rmSync(copy, { recursive: true });
  const { report, database } = await open();
  expect(report.applied).toEqual(readdirSync(MIGRATIONS).sort());
  await database.$disconnect();
});

test('a sealed secret opens for its owner under its root secret, and for nobody else', () => {
  const sealer = createSealer(readRootSecret(folder, undefined));
  const sealed = sealer.seal('the key', 'peering/a');
  expect(sealed).not.toContain('the key');
  expect(sealer.seal('the key', 'peering/a')).not.toBe(sealed);
  expect(sealer.open(sealed, 'peering/a')).toBe('the key');
  expect(() => sealer.open(sealed, 'peering/b')).toThrow();
  const last = sealed.at(-2) === 'A' ? 'B' : 'A';
  const changed = `${sealed.slice(0, -2)}${last}${sealed.slice(-1)}`;
  expect(() => sealer.open(changed, 'peering/a')).toThrow();
  const other = createSealer(readRootSecret(folder, 'another secret of the environment'));
  expect(() => other.open(sealed, 'peering/a')).toThrow();
});

test('the secret file is made once, for its owner only', () => {
  const first = readRootSecret(folder, undefined);
  expect(readRootSecret(folder, undefined)).toEqual(first);
  expect(statSync(path.join(folder, 'secret')).mode & 0o777).toBe(0o600);
});
