/**
 * From the headers of a request to the context of a verb.
 *
 * Not standardized; docs/architecture.md §8. The client address and the scheme come from headers
 * that bin/client-address.mjs has set: what strangers sent under these names is gone before.
 *
 * @module
 */
import 'server-only';
import { createHash, timingSafeEqual } from 'node:crypto';
import { headers } from 'next/headers';
import { findPortal, getPortal, type Portal } from '../_router/index.ts';
import type { NodeFacts } from '../_settings/index.ts';
import { PortalError } from '../_text/errors.ts';
import { type Actor, VISITOR } from './actor.ts';
import { type Context, newOperation } from './context.ts';
import { readCookie } from './cookies.ts';
import { findLogin } from './logins.ts';
import { hostName, isAllowedHost } from './origins.ts';

const CLIENT_ADDRESS_HEADER = 'x-rootless42-client-address';

/** Returns the context of a request. @throws TOKEN_INVALID for a bearer token that is not ours. */
async function contextOf(portal: Portal, request: Headers): Promise<Context> {
  const now = new Date();
  return {
    portal,
    actor: await actorOf(portal, request, now),
    address: clientAddress(request),
    operation: newOperation(now),
    now,
  };
}

/** The context of a route handler. @throws PortalError ROUTER_AWAY before the portal has started. */
export async function getRequestContext(request: Headers): Promise<Context> {
  const portal = findPortal();
  if (portal === undefined)
    throw new PortalError('ROUTER_AWAY', { message: 'The portal is starting.' });
  return contextOf(portal, request);
}

/** The context of a page or server action; the portal must have started. An unknown token never gets here: proxy.ts. */
export async function getPageContext(): Promise<Context> {
  return contextOf(getPortal(), await headers());
}

const clientAddress = (request: Headers): string | null => request.get(CLIENT_ADDRESS_HEADER);

export const isSecureRequest = (request: Headers): boolean =>
  request.get('x-forwarded-proto') === 'https';

/** Whether the request carries the operator's token, which no other site's page can send. */
export const hasBearerToken = (request: Headers): boolean => bearerToken(request) !== undefined;

/** Whether the request carries a bearer token that is not ours. */
export function hasUnknownToken(portal: Portal, request: Headers): boolean {
  const token = bearerToken(request);
  return token !== undefined && !isOperatorToken(portal, token);
}

/** Returns our name as the visitor asked for it: `portal=` of challenges. @throws HOST_FORBIDDEN. */
export function portalName(portal: Portal, request: Headers, endpoints: readonly string[]): string {
  if (!isAllowedHost(request, portal.settings.origins, endpoints))
    throw new PortalError('HOST_FORBIDDEN');
  return hostName(request.get('host') ?? '') ?? 'localhost';
}

/** Returns the names of our nodes' endpoints: the portal answers under them by default. */
export function endpointNames(facts: readonly Pick<NodeFacts, 'endpoint'>[]): string[] {
  return facts.flatMap(({ endpoint }) =>
    endpoint === null || endpoint === 'none' ? [] : [endpoint.toLowerCase()],
  );
}

async function actorOf(portal: Portal, request: Headers, now: Date): Promise<Actor> {
  if (hasBearerToken(request)) {
    if (hasUnknownToken(portal, request)) throw new PortalError('TOKEN_INVALID');
    return { kind: 'operator', loginId: undefined, name: 'token', role: 'owner' };
  }
  const value = readCookie(request.get('cookie'), 'login', isSecureRequest(request));
  if (value === undefined) return VISITOR;
  return (await findLogin(portal.database, value, now)) ?? VISITOR;
}

function bearerToken(request: Headers): string | undefined {
  return /^Bearer ([\x21-\x7e]{1,500})$/i.exec(request.get('authorization') ?? '')?.[1];
}

/** Compares digests, which have one length, in constant time. */
function isOperatorToken(portal: Portal, token: string): boolean {
  const expected = portal.settings.operatorToken;
  if (expected === undefined) return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(token));
}
