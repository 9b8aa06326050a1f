/**
 * The first operator answers the set-up page: account, node, registry, approval.
 *
 * Not standardized; portal specification §3.8, docs/architecture.md §7.
 *
 * Invariant: everything of it is one transaction, and it happens once: with an operator in the
 * database no link opens the page again.
 *
 * @module
 */
import 'server-only';
import {
  type Context,
  createLogin,
  hashPassword,
  newId,
  spendSetupLink,
  takeFromLimit,
} from '../../_auth/index.ts';
import { inTransaction } from '../../_db/index.ts';
import type { SetupInput } from '../../_queries/view-models.ts';
import { readRegistrySource, writeStored } from '../../_settings/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { writeAudit } from '../audit.ts';
import type { NewLoginCookie } from '../auth/sign-in-operator.ts';
import { storeNode } from '../node/store.ts';
import { factsOfInput, registryOfInput } from './node-facts.ts';

/** @throws PortalError SETUP_DONE, SETUP_LINK_INVALID, PASSWORD_TOO_SHORT, INPUT_INVALID. */
export async function completeSetup({
  ctx,
  token,
  input,
  userAgent,
}: {
  readonly ctx: Context;
  readonly token: string;
  readonly input: SetupInput;
  readonly userAgent: string | null;
}): Promise<NewLoginCookie> {
  const { portal, now } = ctx;
  takeFromLimit('setup', ctx.address, now);
  const facts = factsOfInput(portal.settings, input);
  const registry = registryOfInput(input);
  const passwordHash = await hashPassword(input.password);
  const name = input.operatorName.trim() || 'operator';

  const login = await inTransaction(portal.database, async (transaction) => {
    await spendSetupLink(transaction, token, now);
    if ((await transaction.operator.count()) > 0) throw new PortalError('SETUP_DONE');
    await transaction.operator.create({
      data: { id: newId(), name, passwordHash, createdAt: now },
    });
    await storeNode(transaction, facts, { operation: ctx.operation, now });
    await writeStored(transaction, 'approval', input.approval, now);
    if (registry !== undefined) await writeStored(transaction, 'registry', registry, now);
    await writeAudit(transaction, ctx, {
      action: 'setup.complete',
      node: facts.name,
      actor: `operator:${name}`,
      detail: { asn: facts.asn },
    });
    return createLogin(transaction, {
      subject: { kind: 'operator', name },
      address: ctx.address,
      userAgent,
      now,
    });
  });
  await portal.endDemo();
  await portal.startNode(facts.name);
  // A git source may take minutes to clone; the page shows how far it is.
  const source = await readRegistrySource(portal.settings, portal.database);
  portal.registry.use(source).catch((error: unknown) => {
    portal.log('warn', 'the registry could not be opened', { error });
  });
  return login;
}
