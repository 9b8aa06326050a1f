/**
 * Contents of a mesh from node 1, with a mark by which each is known again.
 *
 * @module
 */
import { USAGE } from '../../mesh/etherguard/wire/index.ts';

/** Usage and TTL, where the transport header will be. */
export const HEAD = [USAGE.normal, 200];
const MARK_AT = 40;

/** 80 octets for this node. */
export function contentFor(destination: number, mark: number): Uint8Array {
  const content = new Uint8Array(80).fill(0x5a);
  content.set([destination >>> 8, destination & 255, 0, 1]);
  content.set([mark >>> 8, mark & 255], MARK_AT);
  return content;
}

export const markOf = (content: Uint8Array): number =>
  ((content[MARK_AT] as number) << 8) | (content[MARK_AT + 1] as number);
