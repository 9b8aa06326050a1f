/**
 * POST /api/v1/auth/operator {name, password}: 204 and the login cookie.
 *
 * @module
 */
import { formatCookie, isSecureRequest, makeCookie } from '../../../../_auth/index.ts';
import { signInOperator } from '../../../../_services/auth/sign-in-operator.ts';
import { readBody } from '../../../_http/body.ts';
import { noContent, route } from '../../../_http/route.ts';
import { operatorSignInShape } from '../../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

export const POST = route(async ({ ctx, request }) => {
  const { name, password } = await readBody(request, operatorSignInShape);
  const userAgent = request.headers.get('user-agent');
  const cookie = await signInOperator({ ctx, name, password, userAgent });
  const isSecure = isSecureRequest(request.headers);
  return noContent({
    'set-cookie': formatCookie(makeCookie('login', cookie.value, cookie.maxAgeSeconds, isSecure)),
  });
});
