/**
 * The operator signs in by name and password.
 *
 * Not standardized; portal specification §3.8. A wrong name costs as much time as a wrong password.
 *
 * @module
 */
import 'server-only';
import { type Context, createLogin, isPasswordOf, takeFromLimit } from '../../_auth/index.ts';
import { inTransaction } from '../../_db/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { writeAudit } from '../audit.ts';

export type NewLoginCookie = { readonly value: string; readonly maxAgeSeconds: number };

/** @throws PortalError SIGN_IN_REFUSED, RATE_LIMITED. */
export async function signInOperator({
  ctx,
  name,
  password,
  userAgent,
}: {
  readonly ctx: Context;
  readonly name: string;
  readonly password: string;
  readonly userAgent: string | null;
}): Promise<NewLoginCookie> {
  takeFromLimit('password', ctx.address, ctx.now);
  const { database } = ctx.portal;
  const operator = await database.operator.findUnique({ where: { name } });
  const fits = await isPasswordOf(operator?.passwordHash, password);
  return inTransaction(database, async (transaction) => {
    await writeAudit(transaction, ctx, {
      action: fits ? 'auth.operator' : 'auth.operator-refused',
      actor: fits ? `operator:${name}` : 'visitor',
    });
    return fits
      ? createLogin(transaction, {
          subject: { kind: 'operator', name },
          address: ctx.address,
          userAgent,
          now: ctx.now,
        })
      : undefined;
  }).then((login) => {
    if (login === undefined) throw new PortalError('SIGN_IN_REFUSED');
    return login;
  });
}
