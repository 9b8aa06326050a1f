/**
 * POST /api/v1/auth/network {asn}: 204; another of the proved networks becomes the one in use.
 *
 * @module
 */
import { chooseNetwork } from '../../../../_services/auth/choose-network.ts';
import { readBody } from '../../../_http/body.ts';
import { noContent, route } from '../../../_http/route.ts';
import { networkChoiceShape } from '../../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

export const POST = route(async ({ ctx, request }) => {
  const { asn } = await readBody(request, networkChoiceShape);
  await chooseNetwork({ ctx, asn });
  return noContent();
});
