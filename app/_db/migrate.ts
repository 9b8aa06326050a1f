/**
 * Brings the database up to date at start, before anything else opens it.
 *
 * Not standardized; the table `_prisma_migrations` and the checksums are Prisma's own, so that the
 * stock `prisma migrate deploy` and `status` remain usable. SQLite's rules for rebuilding tables:
 * https://sqlite.org/lang_altertable.html §7.
 *
 * Invariants
 * - A migration is applied as a whole or not at all, and once, whoever else starts meanwhile: its
 *   record is the first statement of its transaction and has a primary key made from its name.
 * - An applied file that changed afterwards stops the start.
 * - Before a database with content changes it is copied to `<data>/backups`; five copies are kept.
 *
 * @module
 */
import 'server-only';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const BACKUPS_KEPT = 5;

type Migration = { readonly name: string; readonly sql: string; readonly checksum: string };

/** What a driver must do for migrations; Prisma's driver adapters do. */
export interface MigrationDriver {
  executeScript(script: string): Promise<void>;
  queryRaw(query: {
    sql: string;
    args: unknown[];
    argTypes: never[];
  }): Promise<{ readonly rows: readonly (readonly unknown[])[] }>;
}

export type MigrationReport = { readonly applied: readonly string[]; readonly backup?: string };

/** Applies every migration of `folder` that the database lacks. */
export async function migrateDatabase(
  database: MigrationDriver,
  folder: string,
  backupFolder: string,
): Promise<MigrationReport> {
  await database.executeScript('PRAGMA journal_mode=WAL;');
  await database.executeScript(MIGRATIONS_TABLE);
  const migrations = readMigrations(folder);
  const done = await readApplied(database);
  refuseChanged(migrations, done);
  const missing = migrations.filter((m) => !done.has(m.name));
  if (missing.length === 0) return { applied: [] };
  const backup = done.size > 0 ? await backUp(database, backupFolder) : undefined;
  for (const migration of missing) await apply(database, migration);
  await refuseBrokenReferences(database);
  const applied = missing.map((m) => m.name);
  return backup === undefined ? { applied } : { applied, backup };
}

const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" TEXT PRIMARY KEY NOT NULL,
  "checksum" TEXT NOT NULL,
  "finished_at" DATETIME,
  "migration_name" TEXT NOT NULL,
  "logs" TEXT,
  "rolled_back_at" DATETIME,
  "started_at" DATETIME NOT NULL DEFAULT current_timestamp,
  "applied_steps_count" INTEGER UNSIGNED NOT NULL DEFAULT 0
);`;

function readMigrations(folder: string): Migration[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
    .map((name) => {
      const sql = readFileSync(path.join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    });
}

async function readApplied(database: MigrationDriver): Promise<Map<string, string>> {
  const { rows } = await database.queryRaw({
    sql: 'SELECT "migration_name", "checksum" FROM "_prisma_migrations" WHERE "rolled_back_at" IS NULL',
    args: [],
    argTypes: [],
  });
  return new Map(rows.map((row) => [String(row[0]), String(row[1])]));
}

function refuseChanged(migrations: readonly Migration[], done: ReadonlyMap<string, string>): void {
  for (const { name, checksum } of migrations) {
    const known = done.get(name);
    if (known !== undefined && known !== checksum)
      throw new Error(
        `The migration ${name} was changed after it was applied. Restore the file from git.`,
      );
  }
  const names = new Set(migrations.map((m) => m.name));
  for (const name of done.keys()) {
    if (!names.has(name))
      throw new Error(
        `The database was used by a newer release (migration ${name}). Start that release, or ` +
          'put back a copy from <data>/backups.',
      );
  }
}

async function apply(database: MigrationDriver, migration: Migration): Promise<void> {
  const id = createHash('sha256').update(migration.name).digest('hex').slice(0, 36);
  // foreign_keys=OFF inside a transaction is ignored, and the rebuilds of tables that Prisma emits
  // would then delete children by cascade: it stands outside.
  const script = `PRAGMA foreign_keys=OFF;
BEGIN IMMEDIATE;
INSERT INTO "_prisma_migrations"
  ("id","checksum","finished_at","migration_name","started_at","applied_steps_count")
  VALUES ('${id}','${migration.checksum}',current_timestamp,'${migration.name}',current_timestamp,1);
${migration.sql}
COMMIT;
PRAGMA foreign_keys=ON;`;
  try {
    await database.executeScript(script);
  } catch (error) {
    await database.executeScript('ROLLBACK;').catch(ignoreNoTransaction);
    await database.executeScript('PRAGMA foreign_keys=ON;');
    // Another process may have been faster: then its record stands there.
    if ((await readApplied(database)).get(migration.name) === migration.checksum) return;
    throw new Error(`The migration ${migration.name} failed.`, { cause: error });
  }
}

/** SQLite has rolled back by itself after some errors; then there is nothing to do. */
function ignoreNoTransaction(): void {
  return;
}

async function refuseBrokenReferences(database: MigrationDriver): Promise<void> {
  const { rows } = await database.queryRaw({
    sql: 'PRAGMA foreign_key_check',
    args: [],
    argTypes: [],
  });
  if (rows.length > 0)
    throw new Error(`The migrations left ${rows.length} references that lead nowhere.`);
}

async function backUp(database: MigrationDriver, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stamp = new Date().toISOString().replace(/[:.]/g, '-');
  const target = path.join(folder, `rootless42-${stamp}.db`);
  if (!existsSync(target))
    await database.executeScript(`VACUUM INTO '${target.replaceAll("'", "''")}';`);
  const copies = readdirSync(folder)
    .filter((name) => name.startsWith('rootless42-'))
    .sort();
  for (const old of copies.slice(0, -BACKUPS_KEPT)) rmSync(path.join(folder, old));
  return target;
}
