/**
 * Puts what the configuration file says into the database: the node always, peerings once.
 *
 * Not standardized; docs/architecture.md §7: with a portal the file's peerings are put into an
 * empty database; from then on the database decides.
 *
 * @module
 */
import 'server-only';
import { newOperation, ruleContext } from '../../_auth/index.ts';
import { inTransaction } from '../../_db/index.ts';
import type { Portal } from '../../_router/index.ts';
import { SettingError } from '../../_settings/index.ts';
import { isPortalError } from '../../_text/errors.ts';
import { pathInFile } from '../peering/options.ts';
import { requestPeering } from '../peering/request.ts';
import { factsOfFile } from '../setup/node-facts.ts';
import { storeNode } from './store.ts';

/** @throws SettingError naming the peering of the file that breaks a rule. */
export async function seedFromFile(portal: Portal, now: Date): Promise<void> {
  const { settings, database } = portal;
  const facts = factsOfFile(settings);
  const file = settings.file;
  if (facts === undefined || file === undefined) return;
  const row = await database.node.findUnique({ where: { name: facts.name } });
  const known = row?.settings as
    | { networkName?: string | null; country?: string | null }
    | undefined;
  await inTransaction(database, (transaction) =>
    storeNode(
      transaction,
      // The file has no word for these two: the set-up page's stay.
      { ...facts, networkName: known?.networkName ?? null, country: known?.country ?? null },
      { operation: newOperation(now), now },
    ),
  );
  if ((await database.peering.count({ where: { node: facts.name } })) > 0) return;
  const ctx = ruleContext(portal, 'configuration-file', now);
  for (const [i, input] of file.content.peerings.entries()) {
    try {
      await requestPeering({ ctx, input });
    } catch (error) {
      // All or none: with the file put right, the next start finds an empty database again.
      await removeSeeds(portal, facts.name);
      const first = isPortalError(error) ? error.errors[0] : undefined;
      if (first === undefined) throw error;
      throw new SettingError(
        `${file.path}: peerings[${i}].${pathInFile(first.path)}: ${first.message} (${first.code})`,
      );
    }
  }
}

async function removeSeeds({ database }: Portal, node: string): Promise<void> {
  await inTransaction(database, async (transaction) => {
    await transaction.timeline.deleteMany({ where: { node } });
    await transaction.peering.deleteMany({ where: { node } });
  });
}
