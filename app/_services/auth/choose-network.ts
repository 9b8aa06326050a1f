/**
 * A member with several proved networks goes on as another of them.
 *
 * Not standardized; portal specification §1.5.
 *
 * @module
 */
import 'server-only';
import { type Context, chooseNetwork as chooseNetworkOfLogin } from '../../_auth/index.ts';
import { PortalError } from '../../_text/errors.ts';

/** @throws PortalError FORBIDDEN for an AS that this login has not proved. */
export async function chooseNetwork({
  ctx,
  asn,
}: {
  readonly ctx: Context;
  readonly asn: number;
}): Promise<void> {
  if (ctx.actor.kind !== 'member') throw new PortalError('UNAUTHENTICATED');
  if (!(await chooseNetworkOfLogin(ctx.portal.database, ctx.actor.loginId, asn)))
    throw new PortalError('FORBIDDEN', { message: `This login has not proved AS${asn}.` });
}
