/**
 * A portal for service tests: a real SQLite file in a folder of its own, a fake router, a registry.
 *
 * @module
 */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Actor, type Context, newOperation } from '../../_auth/index.ts';
import { openDatabase } from '../../_db/index.ts';
import type { RegistryQuestions } from '../../_registry/index.ts';
import { type Portal, type StartDemoNode, setPortal } from '../../_router/index.ts';
import { readSettings } from '../../_settings/index.ts';
import { createPortal } from '../portal/start.ts';
import { createFakeRouter, type FakeRouter } from './fake-router.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');

/** Until when a document is to be in force, on the busiest machine. */
export const SETTLED_MS = 20_000;

/** A node as in the example. */
export const NODE_FILE = `
node:
  name: tokyo
  asn: 4242426000
  routerId: 172.21.128.1
  addresses: [172.21.128.1, "fdb0:6000:100::1"]
  announce: [172.21.128.0/27, "fdb0:6000:100::/48"]
  linkLocal: "fe80::6000"
  endpoint: node.example.net
approval: automatic
`;

export type TestPortal = {
  readonly portal: Portal;
  readonly router: FakeRouter;
  readonly folder: string;
  /** The context of an actor, now or at a time. */
  as(actor: Actor, now?: Date): Context;
  end(): Promise<void>;
};

export type TestPortalOptions = {
  /** Text of the configuration file; null: none, as on a first start. */
  readonly file?: string | null;
  readonly operatorToken?: string;
  readonly registry?: RegistryQuestions;
  readonly startDemoNode?: StartDemoNode;
};

export async function startTestPortal(options: TestPortalOptions = {}): Promise<TestPortal> {
  const folder = mkdtempSync(path.join(tmpdir(), 'rootless42-test-'));
  const text = options.file === undefined ? NODE_FILE : options.file;
  const file = path.join(folder, 'node.yaml');
  if (text !== null) writeFileSync(file, text);
  const settings = readSettings(
    {
      ROOTLESS42_DATA: folder,
      ROOTLESS42_CONFIG: text === null ? undefined : file,
      ROOTLESS42_OPERATOR_TOKEN: options.operatorToken,
    },
    ROOT,
  );
  const { database } = await openDatabase({
    url: settings.databaseUrl,
    migrations: path.join(ROOT, 'prisma/migrations/sqlite'),
    backups: path.join(folder, 'backups'),
  });
  const router = createFakeRouter();
  const portal = await createPortal({
    settings,
    version: 'test',
    database,
    log: () => undefined,
    startRouter: () => router,
    registryReader: readerOf(options.registry),
    ...(options.startDemoNode === undefined ? {} : { startDemoNode: options.startDemoNode }),
  });
  setPortal(portal);
  if (options.registry !== undefined)
    await portal.registry.use({ kind: 'directory', path: folder });
  for (const { name } of await database.node.findMany()) await portal.startNode(name);
  // The first document is in force before a test begins.
  for (const node of portal.nodes.values()) await node.reconciler.settled(SETTLED_MS);
  return {
    portal,
    router,
    folder,
    as: (actor, now = new Date()) => ({
      portal,
      actor,
      address: '192.0.2.1',
      operation: newOperation(now),
      now,
    }),
    async end() {
      await portal.stop('test');
      setPortal(undefined);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const readerOf = (questions: RegistryQuestions | undefined) => ({
  check: async () => {
    if (questions === undefined) throw new Error('no registry');
    return {
      commit: 'digest-test',
      indexPath: '/nowhere',
      checkedAt: new Date(),
      roas: 0,
      questions,
    };
  },
  readKept: () => undefined,
  close: async () => undefined,
});

/** A key that nobody else has. */
export const newKey = (): string => randomBytes(32).toString('base64');

export const ALDER: Actor = {
  kind: 'member',
  loginId: 'login-of-alder',
  asns: [4242426001, 4242426101],
  asn: 4242426001,
  level: 'key',
};
export const BASALT: Actor = {
  kind: 'member',
  loginId: 'login-of-basalt',
  asns: [4242426002],
  asn: 4242426002,
  level: 'key',
};
export const OPERATOR: Actor = {
  kind: 'operator',
  loginId: undefined,
  name: 'token',
  role: 'owner',
};
