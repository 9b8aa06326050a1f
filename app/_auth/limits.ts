/**
 * What one client may ask for, and how many event streams may be open.
 *
 * Not standardized; portal specification §4.5, §9; looking-glass specification §3. A client is its
 * network (/24, /56): a household or a small site, which cannot cheaply become many.
 *
 * Each bound: 10,000 networks cost about 1 MB and are more than ask in an hour.
 *
 * @module
 */
import 'server-only';
import { formatIpAddress, parseIpAddress } from '../../router-core/index.ts';
import { PortalError } from '../_text/errors.ts';
import { createTokenBuckets, type TokenBuckets } from './token-bucket.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const NETWORKS_KEPT = 10_000;

const LIMITS = {
  challenge: { capacity: 20, refillMs: HOUR_MS },
  verify: { capacity: 60, refillMs: HOUR_MS },
  password: { capacity: 10, refillMs: HOUR_MS / 4 },
  setup: { capacity: 20, refillMs: HOUR_MS },
  lookup: { capacity: 60, refillMs: MINUTE_MS },
  change: { capacity: 60, refillMs: MINUTE_MS },
  route: { capacity: 60, refillMs: MINUTE_MS },
  probe: { capacity: 6, refillMs: MINUTE_MS },
} as const;
export type LimitedAction = keyof typeof LIMITS;

const STREAMS_PER_LOGIN = 4;
const STREAMS_PER_ADDRESS = 8;
const STREAMS_IN_ALL = 500;

type State = {
  readonly buckets: Readonly<Record<LimitedAction, TokenBuckets>>;
  readonly streams: Map<string, number>;
  total: number;
};

/** On `globalThis` like the portal itself: handlers are evaluated several times. */
const KEY = Symbol.for('rootless42.limits');
type Holder = { [KEY]?: State };

function state(): State {
  const holder = globalThis as Holder;
  holder[KEY] ??= {
    buckets: Object.fromEntries(
      Object.entries(LIMITS).map(([name, limit]) => [
        name,
        createTokenBuckets({ ...limit, limit: NETWORKS_KEPT }),
      ]),
    ) as Record<LimitedAction, TokenBuckets>,
    streams: new Map(),
    total: 0,
  };
  return holder[KEY];
}

/** Counts one action of a client. @throws PortalError RATE_LIMITED. */
export function takeFromLimit(
  action: LimitedAction,
  address: string | null,
  now: Date = new Date(),
): void {
  const wait = state().buckets[action].take(clientNetwork(address), now.getTime());
  if (wait !== undefined)
    throw new PortalError('RATE_LIMITED', {
      message: `Too many requests. Try again in ${wait} s.`,
      retryAfterSeconds: wait,
    });
}

/** Takes a place for an event stream; the function returned gives it back. @throws STREAMS_FULL. */
export function openStreamSlot(loginId: string | undefined, address: string | null): () => void {
  const { streams } = state();
  const keys = [`address/${address ?? 'unknown'}`, ...(loginId ? [`login/${loginId}`] : [])];
  const limits = [STREAMS_PER_ADDRESS, STREAMS_PER_LOGIN];
  const isFull = keys.some((key, i) => (streams.get(key) ?? 0) >= (limits[i] ?? 0));
  if (isFull || state().total >= STREAMS_IN_ALL)
    throw new PortalError('STREAMS_FULL', { retryAfterSeconds: 15 });
  for (const key of keys) streams.set(key, (streams.get(key) ?? 0) + 1);
  state().total += 1;
  let isOpen = true;
  return () => {
    if (!isOpen) return;
    isOpen = false;
    state().total -= 1;
    for (const key of keys) {
      const left = (streams.get(key) ?? 1) - 1;
      if (left === 0) streams.delete(key);
      else streams.set(key, left);
    }
  };
}

export const openStreams = (): number => state().total;

/** Returns the network a client counts as: /24 of IPv4, /56 of IPv6. */
function clientNetwork(address: string | null): string {
  const parsed = address === null ? undefined : parseIpAddress(address);
  if (parsed === undefined) return 'unknown';
  const bytes = parsed.bytes.slice();
  bytes.fill(0, parsed.family === 4 ? 3 : 7);
  return formatIpAddress({ family: parsed.family, bytes });
}
