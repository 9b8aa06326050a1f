/**
 * POST /api/v1/setup {token, …}: completes the set-up and signs the operator in.
 *
 * @module
 */
import { formatCookie, isSecureRequest, makeCookie } from '../../../_auth/index.ts';
import { completeSetup } from '../../../_services/setup/complete.ts';
import { readBody } from '../../_http/body.ts';
import { json, route } from '../../_http/route.ts';
import { setupShape } from '../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

export const POST = route(async ({ ctx, request }) => {
  const { token, ...input } = await readBody(request, setupShape);
  const userAgent = request.headers.get('user-agent');
  const cookie = await completeSetup({ ctx, token, input, userAgent });
  const isSecure = isSecureRequest(request.headers);
  return json(
    { next: '/admin' },
    {
      headers: {
        'set-cookie': formatCookie(
          makeCookie('login', cookie.value, cookie.maxAgeSeconds, isSecure),
        ),
      },
    },
  );
});
