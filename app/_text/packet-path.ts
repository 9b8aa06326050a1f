/**
 * Words of the packet path: which tokens of the router have some. Others are shown as they are.
 *
 * Not standardized; router-core/base/drop-reason.ts, router-core/host/underlay. The words are in messages
 * `packetPath`.
 *
 * @module
 */
import english from './messages/en.json' with { type: 'json' };

const { kind: KINDS, drop: DROPS } = english.packetPath;

export const isPathKind = (token: string): token is keyof typeof KINDS =>
  Object.hasOwn(KINDS, token);

export const isDropReason = (token: string): token is keyof typeof DROPS =>
  Object.hasOwn(DROPS, token);
