/**
 * Rows of the demo: the simulated node and its neighbors, made and taken away as a whole.
 *
 * Not standardized; docs/architecture.md §13.
 *
 * @module
 */
import 'server-only';
import { newOperation, ruleContext } from '../../_auth/index.ts';
import { inTransaction } from '../../_db/index.ts';
import type { Portal, RunningDemo } from '../../_router/index.ts';
import { storeNode } from '../node/store.ts';
import { requestPeering } from '../peering/request.ts';

/** Puts the node and the peerings of its neighbors into the database; those there stay. */
export async function seedDemo(portal: Portal, demo: RunningDemo): Promise<void> {
  const now = new Date();
  const { name } = demo.facts;
  await inTransaction(portal.database, (transaction) =>
    storeNode(transaction, demo.facts, { operation: newOperation(now), now }),
  );
  if ((await portal.database.peering.count({ where: { node: name } })) > 0) return;
  const ctx = ruleContext(portal, 'demo', now);
  for (const input of demo.peerings) await requestPeering({ ctx, input: { ...input, node: name } });
}

/** Takes every row of the demo away; the audit log keeps its records. */
export async function removeDemo(portal: Portal, name: string): Promise<void> {
  await inTransaction(portal.database, async (transaction) => {
    await transaction.timeline.deleteMany({ where: { node: name } });
    await transaction.peering.deleteMany({ where: { node: name } });
    await transaction.node.deleteMany({ where: { name } });
    await transaction.setting.deleteMany({ where: { key: `publicKey/${name}` } });
  });
}
