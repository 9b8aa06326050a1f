/**
 * POST /api/v1/auth/sign-out: 204; the login is revoked and its cookie taken away.
 *
 * @module
 */
import { expiredCookie, formatCookie, isSecureRequest } from '../../../../_auth/index.ts';
import { signOut } from '../../../../_services/auth/sign-out.ts';
import { noContent, route } from '../../../_http/route.ts';

export const dynamic = 'force-dynamic';

export const POST = route(async ({ ctx, request }) => {
  await signOut({ ctx });
  return noContent({
    'set-cookie': formatCookie(expiredCookie('login', isSecureRequest(request.headers))),
  });
});
