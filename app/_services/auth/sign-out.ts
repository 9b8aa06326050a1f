/**
 * Somebody signs out: the row is revoked, and with it every stream that login holds.
 *
 * Not standardized; portal specification §3.9.
 *
 * @module
 */
import 'server-only';
import { type Context, revokeLogin } from '../../_auth/index.ts';

export async function signOut({ ctx }: { readonly ctx: Context }): Promise<void> {
  const { actor, portal, now } = ctx;
  if ((actor.kind === 'member' || actor.kind === 'operator') && actor.loginId !== undefined)
    await revokeLogin(portal.database, actor.loginId, now);
}
