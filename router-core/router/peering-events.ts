/**
 * Events of the rooms become facts and transitions of a peering.
 *
 * Not standardized; docs/architecture.md §5 steps 11 and 12.
 *
 * Invariant: every event is taken, each by one function; nothing here decides what a room does,
 * except that a neighbor is dialled when its tunnel comes up.
 *
 * @module
 */
import { toBase64 } from '../base/bytes.ts';
import { formatEndpoint, type UnderlayAddress } from '../base/endpoint.ts';
import { equalAddresses, formatIpAddress } from '../base/ip-address.ts';
import { formatWallTime } from '../base/rfc3339.ts';
import type { Instant, SocketId } from '../base/units.ts';
import { HOLD_TIME_SECONDS_DEFAULT, type NeighborEvent, type NeighborId } from '../bgp/index.ts';
import type { NetstackEvent, SegmentRefusal } from '../netstack/index.ts';
import type { WireguardEvent } from '../wireguard/index.ts';
import type { Engine } from './engine.ts';
import { type PeeringFacts, seen, sessionFacts } from './facts.ts';
import { UNCLAIMED_KEYS } from './limits.ts';
import { describeNotification } from './notification-view.ts';
import type { HostNeighbor, Peering } from './roster.ts';

export type UnclaimedKey = {
  readonly publicKey: string;
  readonly from: string;
  readonly at: string;
};

export interface PeeringEvents {
  wireguard(event: WireguardEvent, now: Instant): void;
  netstack(event: NetstackEvent): void;
  neighbor(event: NeighborEvent): void;
  transportClosed(
    neighbor: NeighborId,
    reason: string,
    wasOpen: boolean,
    wasDialled: boolean,
  ): void;
  segmentsRefused(neighbor: NeighborId, refusal: SegmentRefusal): void;
  /** Initiations by keys nobody claims, newest last. */
  readonly unclaimedKeys: readonly UnclaimedKey[];
}

export function createPeeringEvents(engine: Engine): PeeringEvents {
  const unclaimedKeys: UnclaimedKey[] = [];
  const { roster, changed, clock } = engine;

  function touch(peering: Peering | HostNeighbor): PeeringFacts {
    changed.add(peering.wish.id);
    return peering.facts;
  }

  /** A peering that leaves has no neighbors any more, only connections that end. */
  function running(neighbor: NeighborId): ReturnType<typeof roster.ofNeighbor> {
    const found = roster.ofNeighbor(neighbor);
    return found?.peering.isLeaving ? undefined : found;
  }

  /** Whose unknown key or wrong MAC1 is it? Portal specification §7: own port, or the one endpoint that fits. */
  function claimant(from: UnderlayAddress, socket: SocketId): Peering | undefined {
    const waiting = [...roster.byId.values()].filter(
      (peering) => !peering.facts.hasKeyPair && peering.facts.firstPacketAt === undefined,
    );
    const onOwnPort = waiting.filter(
      (peering) => peering.socket === socket && peering.wish.config.listenPort !== undefined,
    );
    if (onOwnPort.length === 1) return onOwnPort[0];
    const fitting = waiting.filter((peering) => {
      const endpoint = engine.wireguard.view(peering.peer).endpoint;
      return endpoint !== undefined && equalAddresses(endpoint.address, from.address);
    });
    const exact = fitting.filter(
      (peering) => engine.wireguard.view(peering.peer).endpoint?.port === from.port,
    );
    if (exact.length === 1) return exact[0];
    return fitting.length === 1 ? fitting[0] : undefined;
  }

  function unclaimed(publicKey: string, from: UnderlayAddress): void {
    const i = unclaimedKeys.findIndex((known) => known.publicKey === publicKey);
    if (i !== -1) unclaimedKeys.splice(i, 1);
    unclaimedKeys.push({ publicKey, from: formatEndpoint(from), at: formatWallTime(clock.now()) });
    if (unclaimedKeys.length > UNCLAIMED_KEYS) unclaimedKeys.shift();
  }

  function ofPeering(
    event: WireguardEvent & { peer: unknown },
    peering: Peering,
    now: Instant,
  ): void {
    const facts = touch(peering);
    const at = clock.now();
    switch (event.kind) {
      case 'first-packet':
        facts.firstPacketAt = at;
        peering.transitions.add('first-packet');
        return;
      case 'handshake-completed':
        if (!facts.hasKeyPair) {
          peering.transitions.add('handshake');
          for (const { neighbor } of peering.sessions) peering.vrf.neighbors.linkUp(neighbor, now);
        }
        facts.hasKeyPair = true;
        delete facts.isUnanswered;
        delete facts.staleSince;
        delete facts.unknownKey;
        delete facts.wrongMac1;
        delete facts.pskDiffers;
        delete facts.oldTimestamp;
        return;
      case 'tunnel-stale':
        facts.hasKeyPair = false;
        facts.staleSince = at;
        peering.transitions.add('tunnel-stale');
        return;
      case 'endpoint-changed':
        noteOtherSource(peering, event.endpoint);
        engine.outputs.push({ kind: 'memory-changed' });
        return;
      case 'old-timestamp':
        facts.oldTimestamp = seen(facts.oldTimestamp, formatEndpoint(event.from), at);
        return;
      case 'response-invalid':
      case 'response-unconfirmed':
        facts.pskDiffers = seen(facts.pskDiffers, 'psk', at);
        return;
      case 'source-not-allowed':
        facts.sourceNotAllowed = seen(facts.sourceNotAllowed, formatIpAddress(event.source), at);
        return;
      case 'handshake-gave-up':
        facts.isUnanswered = true;
        returnToWishedEndpoint(engine, peering, now);
        return;
    }
  }

  function noteOtherSource(peering: Peering, endpoint: UnderlayAddress): void {
    const wished = peering.wish.endpoint?.address;
    const differs = wished !== undefined && !equalAddresses(wished, endpoint.address);
    if (differs)
      peering.facts.otherSource = seen(
        peering.facts.otherSource,
        formatEndpoint(endpoint),
        clock.now(),
      );
    else delete peering.facts.otherSource;
  }

  return {
    unclaimedKeys,
    wireguard(event, now) {
      switch (event.kind) {
        case 'timestamp-advanced':
          engine.outputs.push({ kind: 'memory-changed' });
          return;
        case 'unknown-key': {
          const publicKey = toBase64(event.publicKey);
          const peering = claimant(event.from, event.socket);
          if (peering === undefined) unclaimed(publicKey, event.from);
          else {
            const facts = touch(peering);
            facts.unknownKey = seen(
              facts.unknownKey,
              { publicKey, from: formatEndpoint(event.from) },
              clock.now(),
            );
          }
          return;
        }
        case 'wrong-mac1': {
          const peering = claimant(event.from, event.socket);
          if (peering !== undefined) {
            const facts = touch(peering);
            facts.wrongMac1 = seen(facts.wrongMac1, formatEndpoint(event.from), clock.now());
          }
          return;
        }
        default: {
          const peering = roster.ofPeer(event.peer);
          if (peering !== undefined) ofPeering(event, peering, now);
        }
      }
    },
    netstack(event) {
      if (event.kind === 'probe-reply' || event.kind === 'icmp-error') return;
      if (event.kind === 'datagram') return;
      const peering = roster.ofInterface(event.interface);
      if (peering === undefined) return;
      const facts = touch(peering);
      if (event.kind === 'first-inner-packet') facts.innerPacketAt = clock.now();
      else if (event.kind === 'inner-source-right') delete facts.innerSource;
      else if (event.kind === 'inner-source-mismatch')
        facts.innerSource = seen(facts.innerSource, formatIpAddress(event.source), clock.now());
    },
    neighbor(event) {
      const found = running(event.neighbor);
      if (found === undefined) return;
      const { peering, session } = found;
      const facts = sessionFacts(touch(peering), session.name);
      const label = peering.sessions.length > 1 ? session.name : undefined;
      switch (event.kind) {
        case 'state':
          if (event.to === 'opensent' || event.to === 'openconfirm') {
            delete facts.tcpRefused;
            delete facts.tcpUnanswered;
            // A SYN-ACK may come with another hop limit than what follows: a listener's socket has its own.
            const isProved = event.to === 'openconfirm';
            if (isProved || facts.segmentsRefused?.value !== 'hop-limit-low')
              delete facts.segmentsRefused;
            peering.transitions.add(
              'bgp-open',
              joined(label, event.to === 'opensent' ? 'OpenSent' : 'OpenConfirm'),
            );
          } else if (event.to === 'established') {
            for (const key of Object.keys(facts) as (keyof typeof facts)[]) delete facts[key];
            delete peering.facts.innerSource;
            peering.transitions.add('established', label);
            engine.outputs.push({ kind: 'memory-changed' });
          } else if (event.from === 'established') {
            // What was refused beside a living session says nothing about why it does not come back.
            delete facts.segmentsRefused;
            peering.transitions.add('down', joined(label, event.because));
            engine.outputs.push({ kind: 'memory-changed' });
          }
          return;
        case 'notification': {
          const view = describeNotification(event.direction, event.notification, clock.now());
          peering.transitions.add(
            'notification',
            joined(label, `${event.direction}: ${view.name}${view.text ? `, "${view.text}"` : ''}`),
          );
          if (event.direction === 'sent' && event.notification.code === 4) {
            const hold = peering.wish.config.holdTime ?? HOLD_TIME_SECONDS_DEFAULT;
            facts.holdTimerExpired = seen(
              facts.holdTimerExpired,
              peering.vrf.neighbors.view(event.neighbor).session?.holdTimeSeconds ?? hold,
              clock.now(),
            );
          }
          return;
        }
        case 'other-as':
          facts.otherAs = seen(facts.otherAs, event.offered, clock.now());
          return;
        case 'roles-differ':
          facts.rolesDiffer = seen(facts.rolesDiffer, event.roles, clock.now());
          return;
        case 'open-received':
          return;
      }
    },
    transportClosed(neighbor, reason, wasOpen, wasDialled) {
      const found = running(neighbor);
      if (found === undefined) return;
      const facts = sessionFacts(touch(found.peering), found.session.name);
      const at = clock.now();
      if (wasDialled && !wasOpen) {
        if (reason === 'refused') facts.tcpRefused = seen(facts.tcpRefused, null, at);
        else if (reason === 'timeout' || reason === 'unreachable')
          facts.tcpUnanswered = seen(facts.tcpUnanswered, null, at);
      } else if (wasOpen) {
        const { state, lastNotification } = found.peering.vrf.neighbors.view(neighbor);
        const isEarly =
          (state === 'opensent' || state === 'connect') && lastNotification === undefined;
        if (isEarly) facts.closedEarly = seen(facts.closedEarly, null, at);
      }
    },
    segmentsRefused(neighbor, refusal) {
      const found = running(neighbor);
      if (found === undefined) return;
      const facts = sessionFacts(touch(found.peering), found.session.name);
      facts.segmentsRefused = seen(facts.segmentsRefused, refusal, clock.now());
    },
  };
}

/** The peer roamed, or is remembered elsewhere, and does not answer there: back to what was written. */
function returnToWishedEndpoint(engine: Engine, peering: Peering, now: Instant): void {
  const { endpoint } = peering.wish;
  if (endpoint === undefined) return;
  if (endpoint.address === undefined) requestResolution(engine, peering);
  else moveTo(engine, peering, { address: endpoint.address, port: endpoint.port }, now);
}

/**
 * A name was resolved. While the peer answers, where it was heard last counts more than what a name
 * says; while it does not, a changed name is followed, also when a key pair is left from before.
 */
export function followName(
  engine: Engine,
  peering: Peering,
  endpoint: UnderlayAddress,
  now: Instant,
): void {
  const { hasKeyPair, isUnanswered } = peering.facts;
  if (!hasKeyPair || isUnanswered) moveTo(engine, peering, endpoint, now);
}

function moveTo(engine: Engine, peering: Peering, endpoint: UnderlayAddress, now: Instant): void {
  const { peer, facts, wish } = peering;
  const before = engine.wireguard.view(peer).endpoint;
  engine.wireguard.updatePeer(peer, { endpoint }, now);
  const hasMoved =
    before === undefined ||
    before.port !== endpoint.port ||
    !equalAddresses(before.address, endpoint.address);
  // Keepalives under the key pair that is left would not tell whether anybody there has it too.
  if (hasMoved && facts.hasKeyPair && wish.config.keepalive > 0) {
    engine.wireguard.initiate(peer, now);
  }
}

/** Asks the driver for the address behind the name of a peering's endpoint. */
export function requestResolution(engine: Engine, peering: Peering): void {
  const { endpoint, id } = peering.wish;
  if (endpoint === undefined || endpoint.address !== undefined) return;
  engine.outputs.push({
    kind: 'resolve',
    peering: id,
    host: endpoint.host,
    port: endpoint.port,
    allowPrivate: engine.allowPrivate(),
  });
}

const joined = (label: string | undefined, detail: string): string =>
  label === undefined ? detail : `${label}: ${detail}`;
