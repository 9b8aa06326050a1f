/**
 * The operator captures what passes inside a tunnel: a pcapng file that grows while it is read.
 *
 * Not standardized; docs/security.md. These are the decrypted packets of other people, so it is the
 * operator's alone, and the audit says who looked, at what and for how long, before the first packet.
 *
 * Invariant: a capture ends with its reader, and within seconds of the login that asked for it.
 *
 * @module
 */
import 'server-only';
import type { CaptureInput } from '../../../router-core/index.ts';
import {
  type Context,
  canCapturePeering,
  canSeeOperations,
  isLoginValid,
  LOGIN_CHECK_MS,
} from '../../_auth/index.ts';
import { inTransaction } from '../../_db/index.ts';
import { PortalError } from '../../_text/errors.ts';
import { writeAudit } from '../audit.ts';
import { getPeeringRow } from './load.ts';

export type CaptureLimits = Omit<CaptureInput, 'peering'>;

export type StartedCapture = {
  readonly fileName: string;
  readonly file: ReadableStream<Uint8Array>;
};

export async function capturePeering({
  ctx,
  id,
  limits,
  signal,
}: {
  readonly ctx: Context;
  readonly id: string;
  readonly limits: CaptureLimits;
  readonly signal: AbortSignal;
}): Promise<StartedCapture> {
  const row = await getPeeringRow(ctx, id);
  if (!canSeeOperations(ctx.actor)) throw new PortalError('FORBIDDEN');
  if (!canCapturePeering(ctx.actor, row))
    throw new PortalError('STATE_CONFLICT', {
      message: `A peering that is ${row.administrative} has no tunnel to capture.`,
    });
  const runtime = ctx.portal.nodes.get(row.node);
  if (runtime === undefined) throw new PortalError('ROUTER_AWAY');
  await inTransaction(ctx.portal.database, (transaction) =>
    writeAudit(transaction, ctx, {
      action: 'peering.capture',
      node: row.node,
      subject: id,
      asn: row.asn,
      detail: { ...limits },
    }),
  );
  const ending = new AbortController();
  const chunks = runtime.router.client
    .capture({ ...limits, peering: id }, AbortSignal.any([signal, ending.signal]))
    [Symbol.asyncIterator]();
  // What the router refuses is an answer with its code, not a file that breaks off.
  const first = await chunks.next();
  const passed = whileLoggedIn(ctx, first, chunks);
  const end = (): void => {
    ending.abort();
    chunks.return?.();
  };
  const file = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await passed.next();
      if (next.done === true) {
        end();
        controller.close();
      } else controller.enqueue(next.value);
    },
    cancel: end,
  });
  const time = ctx.now.toISOString().replace(/[-:]|\.\d+/g, '');
  const name = `${row.node}-${row.name}-${time}.pcapng`.replace(/[^A-Za-z0-9._-]/g, '_');
  return { fileName: name, file };
}

/** Passes chunks on, no longer than the login that asked is valid. */
async function* whileLoggedIn(
  { portal, actor }: Context,
  first: IteratorResult<Uint8Array>,
  chunks: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const loginId = 'loginId' in actor ? actor.loginId : undefined;
  let checkedAt = Date.now();
  for (let next = first; next.done !== true; next = await chunks.next()) {
    if (loginId !== undefined && Date.now() - checkedAt > LOGIN_CHECK_MS) {
      checkedAt = Date.now();
      if (!(await isLoginValid(portal.database, loginId, new Date()))) return;
    }
    yield next.value;
  }
}
