/**
 * Answers with an event stream, if there is a place for one.
 *
 * Not standardized; portal specification §9 (Limits).
 *
 * @module
 */
import 'server-only';
import { type Context, openStreamSlot } from '../../_auth/index.ts';
import { streamPeerings } from '../../_queries/event-stream.ts';
import { UNBUFFERED_HEADERS } from './unbuffered.ts';

/** @throws PortalError STREAMS_FULL. */
export function eventStream(ctx: Context, request: Request, id?: string): Response {
  const loginId = 'loginId' in ctx.actor ? ctx.actor.loginId : undefined;
  const onEnd = openStreamSlot(loginId, ctx.address);
  const stream = streamPeerings({
    portal: ctx.portal,
    actor: ctx.actor,
    signal: request.signal,
    onEnd,
    ...(id === undefined ? {} : { id }),
  });
  return new Response(stream, {
    headers: { 'content-type': 'text/event-stream; charset=utf-8', ...UNBUFFERED_HEADERS },
  });
}
