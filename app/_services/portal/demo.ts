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
import { DEMO_NODE, type Portal, type RunningDemo } from '../../_router/index.ts';
import { storeNode } from '../node/store.ts';
import { requestPeering } from '../peering/request.ts';

/** Puts the node and the peerings of its neighbors into the database; those there stay. */
export async function seedDemo(portal: Portal, demo: RunningDemo): Promise<void> {
  const now = new Date();
  await inTransaction(portal.database, (transaction) =>
    storeNode(transaction, demo.facts, { operation: newOperation(now), now }),
  );
  if ((await portal.database.peering.count({ where: { node: DEMO_NODE } })) > 0) return;
  const ctx = ruleContext(portal, 'demo', now);
  for (const input of demo.peerings)
    await requestPeering({ ctx, input: { ...input, node: DEMO_NODE } });
}

/** Takes every row of the demo away; the audit log keeps its records. */
export async function removeDemo(portal: Portal): Promise<void> {
  await inTransaction(portal.database, async (transaction) => {
    await transaction.timeline.deleteMany({ where: { node: DEMO_NODE } });
    await transaction.peering.deleteMany({ where: { node: DEMO_NODE } });
    await transaction.node.deleteMany({ where: { name: DEMO_NODE } });
    await transaction.setting.deleteMany({ where: { key: `publicKey/${DEMO_NODE}` } });
  });
}
