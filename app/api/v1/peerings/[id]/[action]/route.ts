/**
 * POST /api/v1/peerings/{id}/{enable,disable,restart,clear}: restart = tunnel and BGP, clear = BGP only.
 *
 * @module
 */
import { type Context, takeFromLimit } from '../../../../../_auth/index.ts';
import { readPeering } from '../../../../../_queries/read-peerings.ts';
import { disablePeering } from '../../../../../_services/peering/disable.ts';
import { enablePeering } from '../../../../../_services/peering/enable.ts';
import { restartPeering } from '../../../../../_services/peering/restart.ts';
import { PortalError } from '../../../../../_text/errors.ts';
import { json, route } from '../../../../_http/route.ts';

export const dynamic = 'force-dynamic';

type Verb = (input: { readonly ctx: Context; readonly id: string }) => Promise<unknown>;
const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ['enable', enablePeering],
  ['disable', disablePeering],
  ['restart', (input) => restartPeering({ ...input, scope: 'tunnel' })],
  ['clear', (input) => restartPeering({ ...input, scope: 'bgp' })],
]);

export const POST = route<{ id: string; action: string }>(async ({ ctx, parameters }) => {
  const verb = VERBS.get(parameters.action);
  if (verb === undefined) throw new PortalError('PATH_UNKNOWN');
  if (ctx.actor.kind === 'member') takeFromLimit('change', ctx.address, ctx.now);
  await verb({ ctx, id: parameters.id });
  return json(await readPeering(ctx.portal, ctx.actor, parameters.id));
});
