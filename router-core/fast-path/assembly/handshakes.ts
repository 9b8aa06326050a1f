/**
 * What stands in front of every handshake message before the router worker hears of it.
 *
 * Standard: WireGuard paper §5.3 and §5.4.4 (MAC1, MAC2); wireguard/handshake-gate.ts is the same check
 * with words, and decides again what comes here unchecked.
 *
 *   cookie reply ────────────────────────────────────────────► punt, unchecked (bounded)
 *   MAC1 wrong ──────────────────────────────────────────────► few are punted, the rest is dropped
 *   not under load, and the source has tokens beyond its reserve ─► punt, checked
 *   else  MAC2 wrong or absent ──────────────────────────────► punt, needs a cookie (bounded)
 *         MAC2 right, and the source has a token ────────────► punt, checked
 *
 * Invariants
 * - A stranger costs one keyed hash until it proves that it knows our public key.
 * - Secrets are written by the router worker; a half-written one refuses everybody.
 *
 * @module
 */
import {
  BANK_GATE,
  BANK_MESH_GATE,
  DESCRIPTOR_ADDRESS,
  DESCRIPTOR_LENGTH,
  DESCRIPTOR_START,
  DROP_COOKIE_REQUIRED,
  DROP_MALFORMED,
  DROP_NOT_WIREGUARD,
  DROP_RATE_LIMITED,
  DROP_TRUNCATED,
  DROP_WRONG_MAC1,
  FAMILY_IPV4,
  FRAMING_ETHERGUARD,
  FRAMING_OBFUSCATED,
  GATE_BUCKET_SECRET,
  GATE_COOKIE_FLAGS,
  GATE_COOKIE_SECRET,
  GATE_COOKIE_SECRET_BEFORE,
  GATE_MAC1_KEY,
  GATE_SEQUENCE,
  PUNT_FLAG_CHECKED,
  PUNT_FLAG_MESH,
  PUNT_FLAG_NEEDS_COOKIE,
  SOURCE_BUCKETS,
  WORKER,
  WORKER_BUCKETS,
  WORKER_SCRATCH,
} from '../../packet/plane-layout';
import { blake2s } from './blake2s';
import { COOKIE_REPLY, handshakeBytes, handshakeType, NO_HANDSHAKE } from './framing';
import { DISGUISED_SHARE, puntDatagram } from './punt';
import { countDrop, fence, youngestBank } from './tables';

const MAC_BYTES: u32 = 16;

// The same figures as wireguard/limits.ts.
const HANDSHAKES_PER_SECOND: f64 = 20;
const HANDSHAKES_BURST: f64 = 20;
/** Tokens of a source that only messages with the right MAC2 may take. */
const RESERVE: f64 = HANDSHAKES_BURST;
const UNDER_LOAD_PER_SECOND: f64 = 100;
const UNDER_LOAD_BURST: f64 = 300;
const UNDER_LOAD_AFTER_TIME: f64 = 1000;
/** Cookie replies the router worker is asked for in a second; its own bound is for all senders. */
const COOKIES_PER_SECOND: u32 = 2000;
/** Messages with a wrong MAC1 the router worker sees in a second: diagnosis needs one. */
const STRANGERS_PER_SECOND: u32 = 10;
/** Cookie replies it sees in a second: they have no MAC1, and answer initiations of ours. */
const REPLIES_PER_SECOND: u32 = 500;

let second: f64 = 0;
let cookiesInSecond: u32 = 0;
let strangersInSecond: u32 = 0;
let repliesInSecond: u32 = 0;
let calm: f64 = UNDER_LOAD_BURST;
let calmAt: f64 = 0;
let underLoadUntil: f64 = 0;

/** Takes a datagram that is no transport message. */
export function receiveHandshake(descriptor: usize, framing: u32, now: f64): void {
  const message: usize = load<u32>(descriptor, DESCRIPTOR_START);
  const length = load<u32>(descriptor, DESCRIPTOR_LENGTH);
  const bank = youngestBank();
  if (bank === 0) return;
  if (framing === FRAMING_OBFUSCATED) {
    return puntDatagram(descriptor, message, length, 0, DISGUISED_SHARE);
  }
  if (length < 4) return countDrop(DROP_TRUNCATED);
  if (now - second >= 1000) beginSecond(now);
  const isMesh = framing === FRAMING_ETHERGUARD;
  const gate = bank + (isMesh ? BANK_MESH_GATE : BANK_GATE);
  const owner: u32 = isMesh ? PUNT_FLAG_MESH : 0;
  const type = handshakeType(framing, message);
  if (type === NO_HANDSHAKE) return countDrop(DROP_NOT_WIREGUARD);
  if (length !== handshakeBytes(framing, type)) return countDrop(DROP_MALFORMED);
  if (type === COOKIE_REPLY) {
    if (++repliesInSecond > REPLIES_PER_SECOND) return countDrop(DROP_RATE_LIMITED);
    return puntDatagram(descriptor, message, length, owner);
  }
  const mac1 = length - 2 * MAC_BYTES;
  if (!isMacRight(gate + GATE_MAC1_KEY, 32, message, mac1, message + mac1)) {
    if (++strangersInSecond <= STRANGERS_PER_SECOND) {
      return puntDatagram(descriptor, message, length, owner);
    }
    return countDrop(DROP_WRONG_MAC1);
  }
  const isUnderLoad = now < underLoadUntil;
  if (isUnderLoad || !admitsSource(gate, descriptor, now, RESERVE)) {
    if (!isMac2Right(gate, descriptor, message, length)) {
      if (isUnderLoad) countLoad(now);
      if (++cookiesInSecond > COOKIES_PER_SECOND) return countDrop(DROP_COOKIE_REQUIRED);
      return puntDatagram(descriptor, message, length, owner | PUNT_FLAG_NEEDS_COOKIE);
    }
    if (!admitsSource(gate, descriptor, now, 0)) return countDrop(DROP_RATE_LIMITED);
  }
  countLoad(now);
  puntDatagram(descriptor, message, length, owner | PUNT_FLAG_CHECKED);
}

/** Counts a message that costs X25519, or would if we were not under load. */
function countLoad(now: f64): void {
  calm = min<f64>(UNDER_LOAD_BURST, calm + ((now - calmAt) * UNDER_LOAD_PER_SECOND) / 1000);
  calmAt = now;
  if (calm >= 1) calm -= 1;
  else underLoadUntil = now + UNDER_LOAD_AFTER_TIME;
}

function beginSecond(now: f64): void {
  second = now;
  cookiesInSecond = 0;
  strangersInSecond = 0;
  repliesInSecond = 0;
}

/** Whether MAC2 was made with a cookie of ours for this source. */
function isMac2Right(gate: usize, descriptor: usize, message: usize, length: u32): bool {
  const mac2 = message + length - MAC_BYTES;
  // A sender without cookie leaves zeros (WireGuard paper §5.4.4), which need no hash.
  if ((load<u64>(mac2) | load<u64>(mac2, 8)) === 0) return false;
  const sequence = atomic.load<u32>(gate, GATE_SEQUENCE);
  if ((sequence & 1) !== 0) return false;
  const flags = load<u32>(gate, GATE_COOKIE_FLAGS);
  const isRight =
    ((flags & 1) !== 0 && isMac2Of(gate + GATE_COOKIE_SECRET, descriptor, message, length)) ||
    ((flags & 2) !== 0 && isMac2Of(gate + GATE_COOKIE_SECRET_BEFORE, descriptor, message, length));
  fence();
  return isRight && atomic.load<u32>(gate, GATE_SEQUENCE) === sequence;
}

function isMac2Of(secret: usize, descriptor: usize, message: usize, length: u32): bool {
  const source = <usize>WORKER + WORKER_SCRATCH + SOURCE;
  const cookie = <usize>WORKER + WORKER_SCRATCH + COOKIE;
  const octets = writeSource(descriptor, source);
  blake2s(cookie, MAC_BYTES, secret, 32, source, octets);
  const mac2 = length - MAC_BYTES;
  return isMacRight(cookie, MAC_BYTES, message, mac2, message + mac2);
}

/** The source as the cookie names it: address, then port in network order. */
function writeSource(descriptor: usize, to: usize): u32 {
  const address = descriptor + DESCRIPTOR_ADDRESS;
  const is4 = load<u16>(address) === FAMILY_IPV4;
  const octets: u32 = is4 ? 4 : 16;
  memory.copy(to, address + (is4 ? 4 : 8), octets);
  store<u16>(to + octets, load<u16>(address, 2));
  return octets + 2;
}

/** Keyed BLAKE2s of sixteen octets, compared in constant time. */
function isMacRight(key: usize, keyBytes: u32, text: usize, length: u32, mac: usize): bool {
  const out = <usize>WORKER + WORKER_SCRATCH + MAC;
  blake2s(out, MAC_BYTES, key, keyBytes, text, length);
  return ((load<u64>(out) ^ load<u64>(mac)) | (load<u64>(out, 8) ^ load<u64>(mac, 8))) === 0;
}

// Places in the scratch of this worker; scratch.ts uses what is below.
const SOURCE: usize = 3904;
const COOKIE: usize = 3936;
const MAC: usize = 3968;

/** A token bucket per IPv4 address or IPv6 /64 in a table of fixed size (wireguard/address-limiter.ts). */
function admitsSource(gate: usize, descriptor: usize, now: f64, reserve: f64): bool {
  const address = descriptor + DESCRIPTOR_ADDRESS;
  const is4 = load<u16>(address) === FAMILY_IPV4;
  const octets: usize = is4 ? 4 : 8;
  const from = address + (is4 ? 4 : 8);
  let hash: u32 = load<u32>(gate, GATE_BUCKET_SECRET) ^ (is4 ? 4 : 6);
  for (let i: usize = 0; i < octets; i++) {
    hash = (hash ^ load<u8>(from + i)) * 0x01000193;
    hash ^= hash >>> 15;
  }
  hash = (hash * 0x85ebca6b) ^ (hash >>> 13);
  const bucket = <usize>WORKER + WORKER_BUCKETS + ((<usize>(hash & (SOURCE_BUCKETS - 1))) << 4);
  const since = load<f64>(bucket, 8);
  const most = RESERVE + HANDSHAKES_BURST;
  const gained = ((now - since) * HANDSHAKES_PER_SECOND) / 1000;
  // A bucket nobody used is full.
  const tokens = since === 0 ? most : min<f64>(most, load<f64>(bucket) + gained);
  const isAdmitted = tokens >= 1 + reserve;
  store<f64>(bucket, now, 8);
  store<f64>(bucket, isAdmitted ? tokens - 1 : tokens);
  return isAdmitted;
}
