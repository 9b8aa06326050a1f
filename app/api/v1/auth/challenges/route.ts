/**
 * POST /api/v1/auth/challenges {asn, purpose}: a text to sign, and the cookie that binds it.
 *
 * @module
 */
import {
  formatCookie,
  isSecureRequest,
  makeCookie,
  newCookieValue,
  readCookie,
} from '../../../../_auth/index.ts';
import { proofMethodsOf } from '../../../../_queries/networks.ts';
import { issueChallenge } from '../../../../_services/auth/challenge.ts';
import { readBody } from '../../../_http/body.ts';
import { json, route } from '../../../_http/route.ts';
import { challengeShape } from '../../../_http/shapes.ts';

export const dynamic = 'force-dynamic';

const VISIT_SECONDS = 3600;

export const POST = route(async ({ ctx, request, portalName }) => {
  const { asn } = await readBody(request, challengeShape);
  const isSecure = isSecureRequest(request.headers);
  const visitCookie =
    readCookie(request.headers.get('cookie'), 'visit', isSecure) ?? newCookieValue();
  const challenge = await issueChallenge({ ctx, asn, portalName, visitCookie });
  return json(
    {
      nonce: challenge.nonce,
      text: challenge.text,
      expiresAt: challenge.expiresAt.toISOString(),
      methods: proofMethodsOf(challenge.network),
    },
    {
      headers: {
        'set-cookie': formatCookie(makeCookie('visit', visitCookie, VISIT_SECONDS, isSecure)),
      },
    },
  );
});
