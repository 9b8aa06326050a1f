/**
 * Configuration of the Prisma command line; used for generating clients only.
 *
 * The command looks for an engine binary before it does anything, even where it needs none. Any
 * existing file satisfies it, and nothing is fetched (research: Prisma 7 without engine download).
 * Migrations are written by bin/migration.mjs and applied by app/_db/migrate.ts.
 *
 * @module
 */
import { defineConfig } from 'prisma/config';

process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({ schema: 'prisma/schema.prisma' });
