/**
 * What the module offers: to TypeScript (module.ts has the types) and to this folder.
 *
 * Counters of 64 bits come in two halves: a BigInt would be an allocation per packet.
 *
 * @module
 */
import {
  PLANE_LAYOUT_SUM,
  WORKER,
  WORKER_ROUTES4,
  WORKER_ROUTES6,
} from '../../packet/plane-layout';
import { aeadOpen, aeadSeal } from './chacha20-poly1305';
import { lookup } from './route-lookup';

export { hasMoreTransmits, receiveBatch, transmitBatch, transmitted } from './batch';
export { blake2s } from './blake2s';
export { hchacha20 } from './chacha20';
export { aeadOpenWith, aeadSealWith } from './chacha20-poly1305';
export { takePunted } from './punt';
export { setScratch } from './scratch';
export { chacha20KeyStream, poly1305 } from './vectors';

/** The end of static data: what the host keeps in this memory begins above it. */
export function staticEnd(): usize {
  return __heap_base;
}

/** Differs from PLANE_LAYOUT_SUM of another build of packet/plane-layout.ts. */
export function layoutSum(): i32 {
  return PLANE_LAYOUT_SUM;
}

/** What the forwarding table at `table` answers for the 4 or 16 octets at `address`, as for a packet. */
export function lookupRoute(table: usize, address: usize, octets: u32, now: f64): i32 {
  const cache = octets === 4 ? WORKER_ROUTES4 : WORKER_ROUTES6;
  return lookup(table, address, octets, <usize>WORKER + cache, now);
}

export function sealPacket(
  key: usize,
  counterLow: u32,
  counterHigh: u32,
  text: usize,
  length: u32,
): void {
  aeadSeal(key, (u64(counterHigh) << 32) | u64(counterLow), text, length);
}

export function openPacket(
  key: usize,
  counterLow: u32,
  counterHigh: u32,
  text: usize,
  length: u32,
): bool {
  return aeadOpen(key, (u64(counterHigh) << 32) | u64(counterLow), text, length);
}
