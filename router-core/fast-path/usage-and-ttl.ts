/**
 * What goes with a content of the mesh from one thread to the other: usage and TTL, the first octets of a
 * transport header whose place in front of the content stays.
 *
 * Not standardized; wireguard/framing.ts.
 *
 * @module
 */
import { at } from '../base/bytes.ts';
import { MESH_HEADER_BYTES, MESH_TTL } from '../packet/plane-layout.ts';

/** Copies both; `from` and `to` are where the contents begin. */
export function copyUsageAndTtl(
  source: Uint8Array,
  from: number,
  target: Uint8Array,
  to: number,
): void {
  target[to - MESH_HEADER_BYTES] = at(source, from - MESH_HEADER_BYTES);
  target[to - MESH_HEADER_BYTES + MESH_TTL] = at(source, from - MESH_HEADER_BYTES + MESH_TTL);
}
