/**
 * The difference between two Prisma schemas as SQL, by the migration engine in WebAssembly.
 *
 * Not standardized; `@prisma/schema-engine-wasm` is an internal package of Prisma, pinned, and used
 * at development time only: what counts are the committed SQL files. Its entry imports `.wasm` as a
 * module, which Node 20 cannot do, so it is instantiated by hand. No database is opened: the engine
 * asks its adapter only for the server's version, which a stub answers.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

export const PROVIDERS = ['sqlite', 'postgresql'];
const EMPTY_SCHEMA = 'datasource db {\n  provider = "sqlite"\n}\n';

const require = createRequire(import.meta.url);

/** Returns the SQL that leads from one schema (or nothing) to the other; '' when they are equal. */
export async function diffSchemas(provider, from, to) {
  const { SchemaEngine } = await loadEngine();
  const withProvider = (text) => replaceProvider(text, provider);
  const files = (text) => ({ files: [{ path: 'schema.prisma', content: withProvider(text) }] });
  let sql = '';
  const engine = await SchemaEngine.new(
    { datamodels: [['schema.prisma', withProvider(to)]] },
    (log) => {
      if (String(log).includes('ERROR')) console.error(log);
    },
    stubAdapter(provider),
  );
  try {
    const result = await engine.diff({
      // Nothing is a schema without models: from 'empty' the SQL begins with CREATE SCHEMA.
      from: { tag: 'schemaDatamodel', ...files(from ?? EMPTY_SCHEMA) },
      to: { tag: 'schemaDatamodel', ...files(to) },
      script: true,
      exitCode: true,
      filters: { externalTables: [], externalEnums: [] },
    });
    sql = result.exitCode === 0 ? '' : (result.stdout ?? '');
  } finally {
    engine.free();
  }
  return sql;
}

/** Rewrites the datasource of a schema; nothing else of it names a provider of a database. */
function replaceProvider(schema, provider) {
  return schema.replace(/(datasource\s+db\s*\{[^}]*provider\s*=\s*)"[a-z]+"/, `$1"${provider}"`);
}

let engine;
async function loadEngine() {
  if (engine !== undefined) return engine;
  const entry = require.resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const glue = await import(pathToFileURL(entry).href);
  const bytes = await readFile(entry.replace(/\.js$/, '.wasm'));
  const { instance } = await WebAssembly.instantiate(bytes, { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  engine = glue;
  return engine;
}

function stubAdapter(provider) {
  const name = provider === 'sqlite' ? 'sqlite' : 'postgres';
  const ok = (value) => ({ ok: true, value, map: (f) => ok(f(value)), flatMap: (f) => f(value) });
  const version = {
    columnNames: ['namespace_exists', 'version', 'numeric_version'],
    columnTypes: [5, 7, 0],
    rows: [[true, 'PostgreSQL 15.0', 150000]],
  };
  const empty = { columnNames: [], columnTypes: [], rows: [] };
  const connection = {
    provider: name,
    adapterName: `@prisma/adapter-${name}`,
    queryRaw: async ({ sql }) =>
      ok(provider === 'postgresql' && sql.includes('version') ? version : empty),
    executeRaw: async () => ok(0),
    executeScript: async () => ok(undefined),
    getConnectionInfo: () => ok({ schemaName: 'public', supportsRelationJoins: false }),
    dispose: async () => ok(undefined),
  };
  return {
    provider: name,
    adapterName: connection.adapterName,
    connect: async () => ok(connection),
    connectToShadowDb: async () => ok(connection),
    errorRegistry: { consumeError: () => undefined },
  };
}
