/**
 * POST /api/v1/admin/peerings/{id}/capture {seconds?, packets?, octets?, snapLength?}: a pcapng file,
 * sent while it grows.
 *
 * Not standardized. POST, so that no link on another page can start one.
 *
 * @module
 */
import { capturePeering } from '../../../../../../_services/peering/capture.ts';
import { readBody } from '../../../../../_http/body.ts';
import { route } from '../../../../../_http/route.ts';
import { captureShape } from '../../../../../_http/shapes.ts';
import { UNBUFFERED_HEADERS } from '../../../../../_http/unbuffered.ts';

export const dynamic = 'force-dynamic';

export const POST = route<{ id: string }>(async ({ ctx, request, parameters }) => {
  const limits = await readBody(request, captureShape);
  const { fileName, file } = await capturePeering({
    ctx,
    id: parameters.id,
    limits,
    signal: request.signal,
  });
  return new Response(file, {
    headers: {
      'content-type': 'application/x-pcapng',
      'content-disposition': `attachment; filename="${fileName}"`,
      ...UNBUFFERED_HEADERS,
    },
  });
});
