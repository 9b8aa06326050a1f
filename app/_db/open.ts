/**
 * Opening the database: the driver for migrations, the client for everything else.
 *
 * Not standardized; docs/architecture.md §9. SQLite is one file in `<data>`. PostgreSQL's
 * migrations are written, its driver comes with the complete portal.
 *
 * @module
 */
import 'server-only';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import { PrismaClient } from './generated/sqlite/client.ts';
import { type MigrationReport, migrateDatabase } from './migrate.ts';

/** Without it the busy timeout is 0, and parallel writers lose most of their transactions. */
const BUSY_TIMEOUT_MS = 5000;

export type Database = PrismaClient;

export type OpenDatabaseOptions = {
  /** `file:` and an absolute path. */
  readonly url: string;
  /** Folder of the migrations of this provider. */
  readonly migrations: string;
  readonly backups: string;
};

/** Migrates the database and opens it. The caller closes it by `$disconnect()`. */
export async function openDatabase(
  options: OpenDatabaseOptions,
): Promise<{ database: Database; report: MigrationReport }> {
  if (options.url.startsWith('file:'))
    mkdirSync(path.dirname(options.url.slice('file:'.length)), { recursive: true, mode: 0o700 });
  const factory = new PrismaLibSql({ url: options.url, timeout: BUSY_TIMEOUT_MS });
  const driver = await factory.connect();
  let report: MigrationReport;
  try {
    report = await migrateDatabase(driver, options.migrations, options.backups);
  } finally {
    await driver.dispose();
  }
  return { database: new PrismaClient({ adapter: factory }), report };
}
