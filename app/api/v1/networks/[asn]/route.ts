/**
 * GET /api/v1/networks/{asn}: a network's name and its proof methods, by the registry.
 *
 * @module
 */
import { parseAsnOfVisitor } from '../../../../../router-core/index.ts';
import { takeFromLimit } from '../../../../_auth/index.ts';
import { readNetworkCard } from '../../../../_queries/networks.ts';
import { PortalError } from '../../../../_text/errors.ts';
import { json, route } from '../../../_http/route.ts';

export const dynamic = 'force-dynamic';

export const GET = route<{ asn: string }>(({ ctx, parameters }) => {
  takeFromLimit('lookup', ctx.address, ctx.now);
  const asn = parseAsnOfVisitor(parameters.asn);
  if (asn === undefined)
    throw new PortalError('QUERY_MALFORMED', { message: 'This is not an AS number.' });
  return json(readNetworkCard(ctx.portal, asn, ctx.now));
});
