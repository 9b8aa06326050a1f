/**
 * A binary trie from prefixes to values, for tables that people ask: registry, ROA, ownership.
 *
 * Not standardized. The forwarding table is another structure (netstack/route-table.ts): this one
 * is plain, keeps any value, and answers "covering" and "covered" as well as longest match.
 *
 * Invariant: walking costs at most 32 or 128 steps whatever the number of entries.
 *
 * @module
 */
import { at } from './bytes.ts';
import type { IpAddress, IpPrefix } from './ip-address.ts';

type TrieNode<V> = {
  zero?: TrieNode<V>;
  one?: TrieNode<V>;
  entry?: { prefix: IpPrefix; value: V };
};

export class PrefixTrie<V> {
  private roots: { 4: TrieNode<V>; 6: TrieNode<V> } = { 4: {}, 6: {} };
  private count = 0;

  get size(): number {
    return this.count;
  }

  set(prefix: IpPrefix, value: V): void {
    let node: TrieNode<V> = this.roots[prefix.family];
    for (let i = 0; i < prefix.length; i++) {
      if (bitAt(prefix.bytes, i) === 0) node = node.zero ??= {};
      else node = node.one ??= {};
    }
    if (node.entry === undefined) this.count++;
    node.entry = { prefix, value };
  }

  get(prefix: IpPrefix): V | undefined {
    return this.nodeOf(prefix)?.entry?.value;
  }

  delete(prefix: IpPrefix): boolean {
    const node = this.nodeOf(prefix);
    if (node?.entry === undefined) return false;
    delete node.entry;
    this.count--;
    return true;
  }

  /** Returns the entries that contain the whole prefix (itself included), shortest first. */
  covering(prefix: IpPrefix): { prefix: IpPrefix; value: V }[] {
    const found: { prefix: IpPrefix; value: V }[] = [];
    let node: TrieNode<V> | undefined = this.roots[prefix.family];
    for (let i = 0; node !== undefined; i++) {
      if (node.entry !== undefined) found.push(node.entry);
      if (i >= prefix.length) break;
      node = bitAt(prefix.bytes, i) === 0 ? node.zero : node.one;
    }
    return found;
  }

  longestMatch(address: IpAddress): { prefix: IpPrefix; value: V } | undefined {
    return this.covering({ ...address, length: address.bytes.length * 8 }).at(-1);
  }

  /** Yields the entries inside the prefix (itself included), in order of address, at most `limit`. */
  *covered(
    prefix: IpPrefix,
    limit = Number.POSITIVE_INFINITY,
  ): Generator<{ prefix: IpPrefix; value: V }> {
    const top = this.nodeOf(prefix);
    const stack: TrieNode<V>[] = top === undefined ? [] : [top];
    let left = limit;
    for (let node = stack.pop(); node !== undefined && left > 0; node = stack.pop()) {
      if (node.one !== undefined) stack.push(node.one);
      if (node.zero !== undefined) stack.push(node.zero);
      if (node.entry !== undefined) {
        left--;
        yield node.entry;
      }
    }
  }

  private nodeOf(prefix: IpPrefix): TrieNode<V> | undefined {
    let node: TrieNode<V> | undefined = this.roots[prefix.family];
    for (let i = 0; i < prefix.length && node !== undefined; i++) {
      node = bitAt(prefix.bytes, i) === 0 ? node.zero : node.one;
    }
    return node;
  }
}

const bitAt = (b: Uint8Array, i: number): number => (at(b, i >>> 3) >>> (7 - (i & 7))) & 1;
