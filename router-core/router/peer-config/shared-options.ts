/**
 * What an operator has set for the sessions of a peering and the other side has to match.
 *
 * Standard: RFC 5880 (BFD), RFC 5925 (TCP-AO), RFC 7911 (several paths), RFC 9234 (roles); docs/sessions.md.
 *
 * Intervals of BFD are not among them: both ends agree on those by themselves. Nor is our AS number or
 * address of a session, which are values of our end.
 *
 * Invariant: no secrets. Of a key of TCP-AO only its numbers and its algorithm are here.
 *
 * @module
 */
import type { BgpRole } from '../../base/bgp-role.ts';
import type { PeeringConfig } from '../types.ts';

export type SharedOptions = {
  /** Their router stands behind others: hops between both, 2 to 255. */
  readonly multihop?: number;
  readonly bfd?: true;
  /** What we are to them. */
  readonly role?: BgpRole;
  /** We are a route server: paths do not begin with our AS (RFC 7947 §2.2.2.1). */
  readonly routeServer?: true;
  /** Several paths per prefix: what we send, what we take. */
  readonly addPath?: { readonly send: boolean; readonly receive: boolean };
  /** Keys of TCP-AO as we number them, the preferred one first. */
  readonly tcpAo?: readonly {
    readonly sendId: number;
    readonly receiveId: number;
    readonly algorithm: string;
  }[];
};

/** Returns these of a peering's options, or an empty set. */
export const sharedOptionsOf = ({
  multihop,
  bfd,
  role,
  routeServerClient,
  addPath,
  tcpAo,
}: Pick<
  PeeringConfig,
  'multihop' | 'bfd' | 'role' | 'routeServerClient' | 'addPath' | 'tcpAo'
>): SharedOptions => ({
  ...(multihop === undefined ? {} : { multihop }),
  ...(bfd === undefined ? {} : { bfd: true }),
  ...(role === undefined ? {} : { role }),
  ...(routeServerClient ? { routeServer: true } : {}),
  ...(addPath === undefined
    ? {}
    : { addPath: { send: addPath.send !== undefined, receive: addPath.receive === true } }),
  ...(tcpAo === undefined
    ? {}
    : {
        tcpAo: tcpAo.map(({ sendId, receiveId, algorithm = 'hmac-sha-1-96' }) => ({
          sendId,
          receiveId,
          algorithm,
        })),
      }),
});

/** Returns lines of comments about what stands in no line of a program; `say`: what it makes of that. */
export function commentsOf(
  { bfd, tcpAo = [] }: SharedOptions,
  mark: string,
  say: { readonly bfd: string; readonly tcpAo: string },
): string {
  // Their own numbers are ours crosswise.
  const keys = tcpAo.map(
    ({ sendId, receiveId, algorithm }) =>
      `TCP-AO key - your send id ${receiveId} - your receive id ${sendId} - ${algorithm}`,
  );
  return [...(bfd ? [say.bfd] : []), ...(keys.length === 0 ? [] : [say.tcpAo]), ...keys]
    .map((line) => `${mark} ${line}\n`)
    .join('');
}
