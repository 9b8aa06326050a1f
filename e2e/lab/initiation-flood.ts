/**
 * Strangers at the door: handshake initiations that no peer sent.
 *
 * Standard: WireGuard paper §5.4.2 (the message), §5.4.4 (MAC1). A wrong MAC1 should cost the router a
 * hash. A right one, which anybody can make who knows the public key, must not cost it an X25519 each.
 *
 * Messages are made before, one per source, and sent again and again: the router has forgotten nothing
 * it could compare them with.
 *
 * @module
 */
import { asciiBytes, fromBase64 } from '../../router-core/base/bytes.ts';
import { systemRandom } from '../../router-core/host/system-random.ts';
import { createNobleCrypto } from '../../router-core/wireguard/index.ts';
import { type LoadResult, openLoadSocket } from './load-socket.ts';

export type InitiationFloodOptions = {
  readonly port: number;
  readonly router: { readonly address: string; readonly port: number };
  readonly routerPublicKey: string;
  readonly isMac1Right: boolean;
  /** Absent: as fast as possible. */
  readonly packetsPerSecond?: number;
  readonly seconds: number;
  /** The first two octets of the sources, which must be local addresses; absent: one source. */
  readonly sources?: { readonly prefix: readonly [number, number]; readonly count: number };
};

const INITIATION_BYTES = 148;
const INITIATION_TYPE = 1;
const HEADER_BYTES = 4;
const MAC1 = 116;
const MAC_BYTES = 16;
/** Different messages of a flood that has one source. */
const MESSAGES = 10_000;

/** Prepares the messages; the result sends them. */
export async function prepareInitiationFlood(
  options: InitiationFloodOptions,
): Promise<() => Promise<LoadResult>> {
  const socket = await openLoadSocket(options.port, options.router);
  const packets = options.sources?.count ?? MESSAGES;
  const stock = { bytes: initiations(options, packets), datagramBytes: INITIATION_BYTES, packets };
  const { seconds, packetsPerSecond, sources } = options;
  return async () => {
    const result = await socket.sendStock(
      sources === undefined ? stock : { ...stock, sources: sourceAddresses(sources) },
      { seconds, isRepeated: true, ...(packetsPerSecond !== undefined && { packetsPerSecond }) },
    );
    socket.close();
    return result;
  };
}

function initiations(
  { routerPublicKey, isMac1Right }: InitiationFloodOptions,
  count: number,
): Uint8Array {
  const publicKey = fromBase64(routerPublicKey);
  if (publicKey === undefined) throw new Error('initiations: the key is malformed');
  const { hash, mac } = createNobleCrypto(systemRandom);
  const mac1Key = hash(asciiBytes('mac1----'), publicKey);
  const bytes = systemRandom.bytes(count * INITIATION_BYTES);
  for (let i = 0; i < count; i++) {
    const start = i * INITIATION_BYTES;
    bytes.fill(0, start, start + HEADER_BYTES);
    bytes[start] = INITIATION_TYPE;
    bytes.fill(0, start + MAC1 + MAC_BYTES, start + INITIATION_BYTES); // no cookie
    if (isMac1Right) bytes.set(mac(mac1Key, bytes.subarray(start, start + MAC1)), start + MAC1);
  }
  return bytes;
}

/** One after the other from .0.1 on; the last octet is never 0 or 255. */
function sourceAddresses({
  prefix,
  count,
}: {
  prefix: readonly number[];
  count: number;
}): Uint8Array {
  const addresses = new Uint8Array(count * 4);
  for (let i = 0; i < count; i++)
    addresses.set([...prefix, Math.floor(i / 254), (i % 254) + 1], i * 4);
  return addresses;
}
