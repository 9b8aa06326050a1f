/**
 * Reading and writing the shared tables: one small function per thing.
 *
 * Not standardized; what stands where is packet/plane-layout.ts.
 *
 * Invariant: a field marked "published" there is read atomically, before what it publishes.
 *
 * @module
 */
import {
  BANK,
  BANK_BYTES,
  BANK_INTERFACES,
  BANK_KEY_PAIR_MASK,
  BANK_KEY_PAIRS,
  BANK_PEERS,
  CONTROL_BANK,
  CONTROL_DROPS,
  CONTROL_FORWARDING,
  FIRST_MESH_KEY_PAIR,
  INTERFACE_BYTES,
  INTERFACE_ID,
  INTERFACE_INDEX_MASK,
  KEY_PAIR_BYTES,
  KEY_PAIR_FREE,
  KEY_PAIR_LOCAL_INDEX,
  KEY_PAIR_ROWS_MAX,
  KEY_PAIR_STATE,
  PEER_BYTES,
  PEERS,
  WORKER,
  WORKER_FENCE,
} from '../../packet/plane-layout';

/** "None" of every number; the TypeScript side has the same. */
export const NONE: i32 = -1;

/** Address of a bank's tables; 0 when there is none of that number. */
export function bankAt(number: i32): usize {
  return number < 0 ? 0 : <usize>BANK + <usize>number * <usize>BANK_BYTES;
}

/** The bank of the youngest router worker, or 0. */
export function youngestBank(): usize {
  return bankAt(atomic.load<i32>(CONTROL_BANK));
}

/** The bank whose routes count, or 0. */
export function forwardingBank(): usize {
  return bankAt(atomic.load<i32>(CONTROL_FORWARDING));
}

export function bankNumber(bank: usize): i32 {
  return bank === <usize>BANK ? 0 : 1;
}

/** Tags count the peers of bank 0, then those of bank 1. */
export function tagOf(bank: usize, peer: i32): i32 {
  return peer + bankNumber(bank) * PEERS;
}

export function peerAt(bank: usize, peer: i32): usize {
  return bank + <usize>BANK_PEERS + <usize>peer * <usize>PEER_BYTES;
}

export function keyPairAt(bank: usize, row: i32): usize {
  return bank + <usize>BANK_KEY_PAIRS + <usize>row * <usize>KEY_PAIR_BYTES;
}

/** The key pair of a receiver index in one bank, of the mesh device or the other one, or 0. */
export function findKeyPair(bank: usize, index: u32, isMesh: bool): usize {
  const row = index & load<u32>(bank, BANK_KEY_PAIR_MASK);
  if (row >= <u32>KEY_PAIR_ROWS_MAX) return 0;
  const pair = keyPairAt(bank, isMesh ? row + FIRST_MESH_KEY_PAIR : row);
  if (atomic.load<i32>(pair, KEY_PAIR_STATE) === KEY_PAIR_FREE) return 0;
  return load<u32>(pair, KEY_PAIR_LOCAL_INDEX) === index ? pair : 0;
}

/** The interface of an id, or 0 when it is gone. */
export function findInterface(bank: usize, id: i32): usize {
  if (id < 0) return 0;
  const index = id & INTERFACE_INDEX_MASK;
  const record = bank + <usize>BANK_INTERFACES + <usize>index * <usize>INTERFACE_BYTES;
  return atomic.load<i32>(record, INTERFACE_ID) === id ? record : 0;
}

/** The number of an interface's id in the columns. */
export function interfaceColumn(id: i32): usize {
  return (<usize>(id & INTERFACE_INDEX_MASK)) << 3;
}

/** Adds to a column of f64. */
export function add(address: usize, amount: f64): void {
  store<f64>(address, load<f64>(address) + amount);
}

/** Counts a drop; reasons are the DROP_ numbers of the layout. */
export function countDrop(reason: i32): void {
  add(<usize>CONTROL_DROPS + ((<usize>reason) << 3), 1);
}

/** What was read before is not read after: processors other than x86 may do so otherwise. */
export function fence(): void {
  atomic.add<u32>(<usize>WORKER + WORKER_FENCE, 0);
}
