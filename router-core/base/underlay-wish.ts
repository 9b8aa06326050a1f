/**
 * Who carries packets over the underlay, as ROOTLESS42_UNDERLAY asks for it.
 *
 * Not standardized; docs/architecture.md §6.
 *
 *   auto      the fastest that works here
 *   batched   batched system calls with segmentation offload (Linux)
 *   burst     the descriptors of node:dgram, no native code
 *   plain     node:dgram
 *   inline    no packet worker: everything passes the router worker
 *
 * @module
 */

export const PACKET_PATHS = ['auto', 'batched', 'burst', 'plain', 'inline'] as const;
export type PacketPath = (typeof PACKET_PATHS)[number];
/** What a packet worker may be asked for. */
export type UnderlayWish = Exclude<PacketPath, 'inline'>;

/** Returns the wish, `auto` for no text, undefined for anything else. */
export function parsePacketPath(text: string | undefined): PacketPath | undefined {
  if (text === undefined || text === '') return 'auto';
  return PACKET_PATHS.find((path) => path === text);
}
