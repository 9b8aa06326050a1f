/**
 * Generates the Prisma clients from the one schema, into app/_db/generated/<provider>.
 *
 * Not standardized; Prisma fixes the provider in the schema file, so a second client needs a second
 * copy of it, which lives in the output folder. The command needs no engine here: prisma.config.ts.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

// TODO when @prisma/adapter-pg is a dependency: 'postgresql'. Its migrations are written already.
const PROVIDERS = ['sqlite'];

/** Generates every client; throws with Prisma's own words when it fails. */
export function generateClients(root) {
  const command = path.join(
    path.dirname(createRequire(import.meta.url).resolve('prisma/package.json')),
    'build/index.js',
  );
  const schema = readFileSync(path.join(root, 'prisma/schema.prisma'), 'utf8');
  for (const provider of PROVIDERS) {
    const output = path.join(root, 'app/_db/generated', provider);
    const copies = path.join(root, '.cache/prisma');
    // Made beside and moved into place: somebody may be reading the one that is there.
    const fresh = path.join(copies, `${provider}-${process.pid}`);
    mkdirSync(copies, { recursive: true });
    const copy = path.join(copies, `${provider}.prisma`);
    writeFileSync(
      copy,
      schema
        .replace(/(datasource\s+db\s*\{[^}]*provider\s*=\s*)"[a-z]+"/, `$1"${provider}"`)
        .replace(/output(\s*)= ".*"/, `output$1= ${JSON.stringify(fresh)}`),
    );
    const result = spawnSync(process.execPath, [command, 'generate', '--schema', copy], {
      cwd: root,
      encoding: 'utf8',
      env: {
        ...process.env,
        CHECKPOINT_DISABLE: '1',
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      },
    });
    if (result.status !== 0)
      throw new Error(`prisma generate failed:\n${result.stdout}${result.stderr}`);
    rmSync(output, { recursive: true, force: true });
    mkdirSync(path.dirname(output), { recursive: true });
    renameSync(fresh, output);
  }
}

if (process.argv[1] === import.meta.filename) generateClients(path.dirname(import.meta.dirname));
