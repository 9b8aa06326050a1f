/**
 * What the operator chose in the portal; environment and file win over it.
 *
 * Not standardized; docs/architecture.md §7.
 *
 * @module
 */
import 'server-only';
import type { RegistrySource } from '../../router-core/index.ts';
import type { Database, Prisma, Transaction } from '../_db/index.ts';
import type { Approval, Settings } from './settings.ts';

/** Every stored setting with its type. */
type StoredSettings = {
  approval: Approval;
  registry: RegistrySource;
  /** Public key of a node as its router last told it: shown while the router is away. */
  [key: `publicKey/${string}`]: string;
  /** The mesh of a node, sealed (app/_router/mesh-settings.ts). */
  [key: `mesh/${string}`]: string;
};

export async function readStored<Key extends keyof StoredSettings>(
  database: Database | Transaction,
  key: Key,
): Promise<StoredSettings[Key] | undefined> {
  const row = await database.setting.findUnique({ where: { key } });
  // Written by `writeStored` only, under the same type.
  return row === null ? undefined : (row.value as unknown as StoredSettings[Key]);
}

export async function writeStored<Key extends keyof StoredSettings>(
  database: Database | Transaction,
  key: Key,
  value: StoredSettings[Key],
  now: Date,
): Promise<void> {
  const json = value as unknown as Prisma.InputJsonValue;
  await database.setting.upsert({
    where: { key },
    create: { key, value: json, updatedAt: now },
    update: { value: json, updatedAt: now },
  });
}

/** Whether requests are approved by rule. */
export async function readApproval(
  settings: Settings,
  database: Database | Transaction,
): Promise<Approval> {
  if (settings.file?.hasApproval === true) return settings.file.content.approval;
  return (await readStored(database, 'approval')) ?? 'automatic';
}

export async function readRegistrySource(
  settings: Settings,
  database: Database | Transaction,
): Promise<RegistrySource | undefined> {
  return settings.registry ?? (await readStored(database, 'registry'));
}
