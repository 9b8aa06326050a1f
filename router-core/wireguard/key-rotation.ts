/**
 * Previous, current and next key pair of a peer.
 *
 * Standard: WireGuard paper §6.2 and §6.4; the transitions are those of Linux and wireguard-go.
 *
 *   we initiated, the response came     current := new, previous := the unconfirmed next, or else current
 *   we responded                        next := new, previous := none   (not used until confirmed)
 *   first message under next came       previous := current, current := next
 *
 * Previous only receives: late packets of the other side. A responder must not send with a key pair
 * before the initiator has proved that it has it.
 *
 * Invariant: a row that leaves all three places is released.
 *
 * @module
 */
import { NONE, type PeerId } from '../base/units.ts';
import { abandonInitiation, type DeviceCore, tunnelBecameStale } from './core.ts';
import type { KeyPairId } from './key-pair-table.ts';

/** We initiated and the response opened: both sides have the key pair. */
export function rotateAsInitiator(core: DeviceCore, peer: PeerId, row: KeyPairId): void {
  const { peers, keyPairs } = core;
  const current = peers.current[peer] as number;
  const next = peers.next[peer] as number;
  // First of all: a plane must not send under a key pair that is being erased.
  peers.current[peer] = row;
  core.plane?.setCurrent(peer, row);
  keyPairs.release(peers.previous[peer] as number);
  if (next === NONE) {
    peers.previous[peer] = current;
  } else {
    // Our response may have arrived: the peer may be sending with that key pair.
    peers.previous[peer] = next;
    peers.next[peer] = NONE;
    keyPairs.release(current);
  }
}

/** We responded: the key pair waits for the initiator's first message. */
export function rotateAsResponder(core: DeviceCore, peer: PeerId, row: KeyPairId): void {
  const { peers, keyPairs } = core;
  keyPairs.release(peers.next[peer] as number);
  keyPairs.release(peers.previous[peer] as number);
  peers.previous[peer] = NONE;
  peers.next[peer] = row;
}

/** The first message under the next key pair opened. */
export function confirmNext(core: DeviceCore, peer: PeerId): void {
  const { peers, keyPairs } = core;
  keyPairs.release(peers.previous[peer] as number);
  const next = peers.next[peer] as number;
  peers.previous[peer] = peers.current[peer] as number;
  peers.current[peer] = next;
  peers.next[peer] = NONE;
  core.plane?.confirmKeyPair(next);
  core.plane?.setCurrent(peer, next);
}

/** Erases every secret made with this peer: key pairs and the initiation under way. */
export function eraseKeys(core: DeviceCore, peer: PeerId): void {
  const { peers, keyPairs } = core;
  core.plane?.setCurrent(peer, NONE);
  keyPairs.release(peers.previous[peer] as number);
  keyPairs.release(peers.current[peer] as number);
  keyPairs.release(peers.next[peer] as number);
  peers.previous[peer] = NONE;
  peers.current[peer] = NONE;
  peers.next[peer] = NONE;
  abandonInitiation(core, peer);
  core.timers.keysErased(peer);
  tunnelBecameStale(core, peer);
}
