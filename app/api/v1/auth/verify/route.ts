/**
 * POST /api/v1/auth/verify {nonce, method, signature, publicKey?}: the login cookie and what it proves.
 *
 * @module
 */
import { formatCookie, isSecureRequest, makeCookie, readCookie } from '../../../../_auth/index.ts';
import { verifyChallenge } from '../../../../_services/auth/verify.ts';
import { readBody } from '../../../_http/body.ts';
import { json, route } from '../../../_http/route.ts';
import { verifyShape } from '../../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

export const POST = route(async ({ ctx, request, portalName }) => {
  const { nonce, method, signature, publicKey } = await readBody(request, verifyShape);
  const isSecure = isSecureRequest(request.headers);
  const { asns, level, cookie } = await verifyChallenge({
    ctx,
    nonce,
    answer: { method, signature, publicKey: publicKey ?? undefined },
    portalName,
    visitCookie: readCookie(request.headers.get('cookie'), 'visit', isSecure),
    userAgent: request.headers.get('user-agent'),
  });
  return json(
    { asns, level },
    {
      headers: {
        'set-cookie': formatCookie(
          makeCookie('login', cookie.value, cookie.maxAgeSeconds, isSecure),
        ),
      },
    },
  );
});
