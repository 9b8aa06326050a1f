/**
 * Writes the migration from the last committed schema to the present one, for both databases.
 *
 *   npm run db:migration -- <name>      writes prisma/migrations/<provider>/<stamp>_<name>/migration.sql
 *   npm run db:migration -- --check     ends non-zero when the schema has changed without a migration
 *
 * Both files are reviewed and committed. `schema.snapshot.prisma` is the schema they lead to.
 *
 * @module
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { diffSchemas, PROVIDERS } from './schema-diff.mjs';

const root = path.dirname(import.meta.dirname);
const folder = path.join(root, 'prisma/migrations');
const snapshotFile = path.join(folder, 'schema.snapshot.prisma');

const argument = process.argv[2];
const schema = readFileSync(path.join(root, 'prisma/schema.prisma'), 'utf8');
const snapshot = existsSync(snapshotFile) ? readFileSync(snapshotFile, 'utf8') : undefined;

const scripts = new Map();
for (const provider of PROVIDERS) {
  const sql = await diffSchemas(provider, snapshot, schema);
  if (sql !== '') scripts.set(provider, sql);
}

if (argument === '--check') {
  if (scripts.size > 0) {
    console.error(
      'prisma/schema.prisma differs from its migrations: npm run db:migration -- <name>',
    );
    process.exit(1);
  }
  console.log('The migrations lead to the present schema.');
} else if (scripts.size === 0) {
  console.log('Nothing to migrate: the schema has not changed.');
} else if (argument === undefined || !/^[a-z0-9_]{1,40}$/.test(argument)) {
  console.error('Give the migration a name of lower-case letters, digits and _.');
  process.exit(1);
} else {
  const stamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  for (const [provider, sql] of scripts) {
    const target = path.join(folder, provider, `${stamp}_${argument}`);
    mkdirSync(target, { recursive: true });
    writeFileSync(path.join(target, 'migration.sql'), sql);
    console.log(`wrote ${path.relative(root, target)}/migration.sql`);
  }
  writeFileSync(snapshotFile, schema);
}
