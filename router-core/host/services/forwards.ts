/**
 * Port forwards: one place on one side leads to one place on the other.
 *
 *   in    DN42 ─► a port of the node's addresses ─► host:port as this machine sees it
 *   out   this machine ─► address:port of the host ─► address:port in DN42
 *
 * Not standardized. What cannot be reached on the other side is a reset on this one.
 *
 * @module
 */
import { createServer, connect as netConnect, type Server, type Socket } from 'node:net';
import { formatIpAddress, prefixContains } from '../../base/ip-address.ts';
import type { OverlayStream, OverlayWish, Place, StreamEnds } from '../../router/index.ts';
import { resolveEndpoint } from '../resolve.ts';
import { dialAddresses } from './dial.ts';
import { joinDialed } from './dialed-client.ts';
import type { Gate } from './gate.ts';
import { type Overlay, OverlaySocket } from './overlay-socket.ts';
import { cut, relay } from './relay.ts';

type ForwardIn = OverlayWish & { readonly kind: 'forward-in' };

/** Takes streams from DN42 to a place of the host. */
export function acceptForward(
  { to, allow }: ForwardIn,
  overlay: Overlay,
  gate: Gate,
): AcceptVisitor {
  return acceptStreams(overlay, gate, {
    isWelcome: ({ remote }) =>
      allow.length === 0 || allow.some((prefix) => prefixContains(prefix, remote)),
    async connect() {
      // The operator's own word, so it may be any address of the house.
      const address = await resolveEndpoint(to.host, true);
      if (address === undefined) return undefined;
      const host = formatIpAddress(address);
      return netConnect({ host, port: to.port, allowHalfOpen: true, noDelay: true });
    },
  });
}

/** Returns our end of a stream, or undefined to refuse it. */
export type AcceptVisitor = (stream: OverlayStream, ends: StreamEnds) => OverlaySocket | undefined;
export type HostSide = {
  /** Whether these ends may speak; what is not welcome is reset and counted. */
  isWelcome(ends: StreamEnds): boolean;
  /** Opens the other side; undefined when there is nothing to open. */
  connect(ends: StreamEnds): Promise<Socket | undefined>;
};

/** Takes streams from DN42 and relays each to a socket of the host. */
export function acceptStreams(overlay: Overlay, gate: Gate, side: HostSide): AcceptVisitor {
  return (stream, ends) => {
    if (!side.isWelcome(ends)) {
      gate.refuse('not-allowed');
      return undefined;
    }
    const leave = gate.admit(ends.remote);
    if (leave === undefined) return undefined;
    const visitor = new OverlaySocket(overlay).attach(stream);
    visitor.once('close', leave);
    void join(visitor, () => side.connect(ends), gate);
    return visitor;
  };
}

async function join(
  visitor: OverlaySocket,
  open: () => Promise<Socket | undefined>,
  gate: Gate,
): Promise<void> {
  const host = await open();
  const fail = (): void => {
    gate.refuse('behind');
    cut(visitor);
  };
  if (host === undefined) {
    fail();
    return;
  }
  host.once('error', fail);
  host.once('connect', () => {
    host.off('error', fail);
    relay(visitor, host);
  });
}

/** Listens on the host for one place in DN42. */
export function createForwardOut(to: Place, overlay: Overlay, gate: Gate): Server {
  return createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
    // 'close' follows every error.
    socket.on('error', () => undefined);
    const leave = gate.admit();
    if (leave === undefined) {
      cut(socket);
      return;
    }
    socket.once('close', leave);
    void joinDialed(socket, gate, {
      dial: (signal) => dialAddresses(overlay, [to.address], to.port, signal),
      refuse: () => cut(socket),
    });
  });
}
