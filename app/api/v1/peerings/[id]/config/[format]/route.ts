/**
 * GET /api/v1/peerings/{id}/config/{format}?part=base|peer: text ready to paste; JSON when asked for.
 *
 * @module
 */
import {
  PEER_CONFIG_FORMATS,
  type PeerConfigFormat,
} from '../../../../../../../router-core/index.ts';
import { readPeeringConfig } from '../../../../../../_queries/read-peerings.ts';
import { PortalError } from '../../../../../../_text/errors.ts';
import { json, route } from '../../../../../_http/route.ts';

export const dynamic = 'force-dynamic';

export const GET = route<{ id: string; format: string }>(async ({ ctx, request, parameters }) => {
  if (ctx.actor.kind === 'visitor') throw new PortalError('UNAUTHENTICATED');
  const format = PEER_CONFIG_FORMATS.find((known) => known === parameters.format);
  const files = await readPeeringConfig(ctx.portal, ctx.actor, parameters.id, format);
  if (files === undefined) throw new PortalError('PEERING_UNKNOWN');
  if (format === undefined) throw unknownFormat();
  const part = new URL(request.url).searchParams.get('part');
  if (part !== null && part !== 'base' && part !== 'peer')
    throw new PortalError('QUERY_MALFORMED', { message: 'part is base or peer.' });
  const wanted = files.filter((file) => part === null || file.part === part);
  if ((request.headers.get('accept') ?? '').includes('application/json'))
    return json({ format, files: wanted });
  return new Response(wanted.map((file) => file.text).join('\n'), {
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  });
});

function unknownFormat(): PortalError {
  const known: readonly PeerConfigFormat[] = PEER_CONFIG_FORMATS;
  return new PortalError('FORMAT_UNKNOWN', { message: `Formats are ${known.join(', ')}.` });
}
