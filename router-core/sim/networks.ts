/**
 * The networks of the synthetic registry, with everything a simulated router of theirs needs.
 *
 * Not standardized. AS numbers, names and prefixes are those of the registry fixture; keys are made
 * from public words, so that tests and visitors of the demo know both halves. THEY PROTECT NOTHING.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { assert } from '../base/assert.ts';
import { asciiBytes, toBase64 } from '../base/bytes.ts';
import { seededRandom } from '../base/random.ts';
import { createNobleCrypto } from '../router/index.ts';

/** Ordered by AS number: the first is AS4242426000. */
const NAMES = [
  'operator',
  'alder',
  'basalt',
  'cinder',
  'drift',
  'ember',
  'fjord',
  'garnet',
  'hazel',
  'ibis',
  'jasper',
  'kelp',
  'lichen',
  'moss',
  'nimbus',
  'onyx',
] as const;
export type NetworkName = (typeof NAMES)[number];

const FIRST_ASN = 4242426000;

export type TestNetwork = {
  readonly name: NetworkName;
  readonly asn: number;
  readonly ipv4Prefix: string;
  readonly ipv6Prefix: string;
  readonly linkLocal: string;
  /** Its host's place in the underlay: documentation addresses (RFC 5737, RFC 3849). */
  readonly underlay: { readonly ipv4: string; readonly ipv6: string };
};

export type TestKeyPair = {
  readonly privateKey: Uint8Array;
  /** Base64. */
  readonly publicKey: string;
};

/** Returns a network of the synthetic registry by its name. */
export function testNetwork(name: NetworkName): TestNetwork {
  const i = NAMES.indexOf(name);
  const digit = i.toString(16);
  return {
    name,
    asn: FIRST_ASN + i,
    ipv4Prefix: `172.21.${128 + i}.0/27`,
    ipv6Prefix: `fdb${digit}:6000:10${digit}::/48`,
    linkLocal: `fe80::${6000 + i}`,
    underlay: { ipv4: `203.0.113.${10 + i}`, ipv6: `2001:db8:42:${digit}::1` },
  };
}

/** Returns the network of an AS of the synthetic registry, if it is one of these. */
export function testNetworkOfAsn(asn: number): TestNetwork | undefined {
  const name = NAMES[asn - FIRST_ASN];
  return name === undefined ? undefined : testNetwork(name);
}

/** Returns an address of the network: 1 is its router, further ones its other routers. */
export const testAddresses = (
  network: TestNetwork,
  host = 1,
): { readonly ipv4: string; readonly ipv6: string } => ({
  ipv4: network.ipv4Prefix.replace('0/27', String(host)),
  ipv6: network.ipv6Prefix.replace('/48', String(host)),
});

/** Keys of one network that a simulated router of it may have. */
export const TEST_KEYS_PER_NETWORK = 4;

const made = new Map<string, TestKeyPair>();
let keyAgreement: ReturnType<typeof createNobleCrypto> | undefined;

/** Returns the well-known key pair of this network and number, 0 to `TEST_KEYS_PER_NETWORK` - 1. */
export function testKeyPair(name: string, index = 0): TestKeyPair {
  const words = `rootless42 test key, public knowledge: ${name} ${index}`;
  const known = made.get(words);
  if (known !== undefined) return known;
  const privateKey = sha256(asciiBytes(words));
  const first = privateKey[0];
  const last = privateKey[31];
  assert(first !== undefined && last !== undefined, 'a digest has 32 octets');
  // RFC 7748 §5: clamped, so that other programs print the same private key.
  privateKey[0] = first & 248;
  privateKey[31] = (last & 127) | 64;
  // Only computes public keys: its randomness is never asked.
  keyAgreement ??= createNobleCrypto(seededRandom(0));
  const publicKey = toBase64(keyAgreement.importPrivateKey(privateKey).publicKey.bytes);
  const pair = { privateKey, publicKey };
  made.set(words, pair);
  return pair;
}
