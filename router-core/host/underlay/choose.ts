/**
 * Which underlay a packet worker gets: the fastest that works here, or the one that is wished for.
 *
 * Not standardized; docs/architecture.md §6. Each falls back to the next, and the sentence says why; it is
 * logged at start and shown in `rootless42 status`.
 *
 * @module
 */
import type { UnderlayWish } from '../../base/underlay-wish.ts';
import { createBatchedIo } from './batched/loop.ts';
import { createBurstIo } from './burst.ts';
import type { BatchMemory, UnderlayIo, UnderlayKind } from './io.ts';
import { createPlainIo } from './plain.ts';

export type ChosenUnderlay = {
  readonly io: UnderlayIo;
  readonly kind: UnderlayKind;
  /** One sentence: which path runs, and why not a faster one. */
  readonly reason: string;
};

const NAMES: Readonly<Record<UnderlayKind, string>> = {
  batched: 'batched system calls with segmentation offload',
  burst: 'burst mode on the descriptors of node:dgram',
  plain: 'plain node:dgram',
};
const ORDER: readonly UnderlayKind[] = ['batched', 'burst', 'plain'];

/** How each kind is made here; tests hand in others. */
export type UnderlayMakers = {
  batched(memory: BatchMemory): Promise<UnderlayIo | { readonly unavailable: string }>;
  burst(memory: BatchMemory): UnderlayIo | { readonly unavailable: string };
  plain(memory: BatchMemory): UnderlayIo;
};

export async function chooseUnderlay(
  wish: UnderlayWish,
  memory: BatchMemory,
  makers: UnderlayMakers = {
    batched: createBatchedIo,
    burst: createBurstIo,
    plain: createPlainIo,
  },
): Promise<ChosenUnderlay> {
  const obstacles: string[] = [];
  for (const kind of ORDER.slice(wish === 'auto' ? 0 : ORDER.indexOf(wish))) {
    const made = await makers[kind](memory);
    if ('unavailable' in made) obstacles.push(made.unavailable);
    else return { io: made, kind, reason: sentence(kind, wish, obstacles) };
  }
  throw new Error('assertion failed: plain node:dgram works everywhere');
}

function sentence(kind: UnderlayKind, wish: UnderlayWish, obstacles: readonly string[]): string {
  const asked = kind === wish ? ', as ROOTLESS42_UNDERLAY asks' : '';
  const because = obstacles.length === 0 ? '' : `, because ${obstacles.join('; ')}`;
  return `The underlay runs on ${NAMES[kind]}${asked}${because}.`;
}
