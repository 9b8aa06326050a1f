/**
 * Whether a destination is ours: netstack/local-addresses.ts over its published copy.
 *
 * Not standardized. The owner writes one copy while the other is read, and publishes its number.
 *
 * @module
 */
import {
  BANK_LOCAL,
  BANK_LOCAL_COPY,
  BANK_LOCAL_MASK,
  LOCAL_COPY_BYTES,
  LOCAL_ENTRIES_MAX,
  LOCAL_ENTRY_BYTES,
} from '../../packet/plane-layout';

const EMPTY: i32 = 0;
const SCOPE_IPV4: i32 = 1;
const SCOPE_IPV6: i32 = 2;

export function isLocal4(bank: usize, address: usize): bool {
  return find(bank, SCOPE_IPV4, bswap<u32>(load<u32>(address)), 0, 0, 0);
}

/** Not for link-local addresses: those are never forwarded, so nobody asks. */
export function isLocal6(bank: usize, address: usize): bool {
  return find(
    bank,
    SCOPE_IPV6,
    bswap<u32>(load<u32>(address)),
    bswap<u32>(load<u32>(address, 4)),
    bswap<u32>(load<u32>(address, 8)),
    bswap<u32>(load<u32>(address, 12)),
  );
}

/** True also when the table cannot answer: the router worker then decides. */
function find(bank: usize, scope: i32, w0: u32, w1: u32, w2: u32, w3: u32): bool {
  const copy = atomic.load<i32>(bank, BANK_LOCAL_COPY);
  if (copy < 0) return true;
  const entries = bank + <usize>BANK_LOCAL + <usize>copy * <usize>LOCAL_COPY_BYTES;
  // The mask of each copy stands beside it, so that both change together.
  const mask = load<u32>(bank + ((<usize>copy) << 2), BANK_LOCAL_MASK) & (LOCAL_ENTRIES_MAX - 1);
  let i = hash(scope, w0, w1, w2, w3) & mask;
  for (let probes: u32 = 0; probes <= mask; probes++) {
    const entry = entries + <usize>i * <usize>LOCAL_ENTRY_BYTES;
    const found = load<i32>(entry);
    if (found === EMPTY) return false;
    if (
      found === scope &&
      load<u32>(entry, 16) === w3 &&
      load<u32>(entry, 12) === w2 &&
      load<u32>(entry, 8) === w1 &&
      load<u32>(entry, 4) === w0
    ) {
      return true;
    }
    i = (i + 1) & mask;
  }
  return true;
}

function hash(scope: i32, w0: u32, w1: u32, w2: u32, w3: u32): u32 {
  let mixed: u32 = ((w3 ^ (<u32>scope * 0x9e3779b1)) * 0x85ebca6b) ^ w2;
  mixed = ((mixed ^ (mixed >>> 15)) * 0xc2b2ae35) ^ w1;
  mixed = ((mixed ^ (mixed >>> 13)) * 0x27d4eb2f) ^ w0;
  mixed = (mixed ^ (mixed >>> 16)) * 0x165667b1;
  return mixed ^ (mixed >>> 15);
}
