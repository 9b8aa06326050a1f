/**
 * A newcomer tries the demo network: a simulated node beside, with simulated neighbors.
 *
 * Not standardized; docs/architecture.md §13. Nothing leaves the machine, nothing is set up: the
 * one-time link stays valid, and completing the set-up ends the demo.
 *
 * @module
 */
import 'server-only';
import { type Context, isSetupLinkOpen, takeFromLimit } from '../../_auth/index.ts';
import { PortalError } from '../../_text/errors.ts';

/** @throws PortalError SETUP_LINK_INVALID. */
export async function startDemo({
  ctx,
  token,
}: {
  readonly ctx: Context;
  readonly token: string;
}): Promise<void> {
  takeFromLimit('setup', ctx.address, ctx.now);
  if (!(await isSetupLinkOpen(ctx.portal.database, token, ctx.now)))
    throw new PortalError('SETUP_LINK_INVALID');
  await ctx.portal.startDemo();
}
