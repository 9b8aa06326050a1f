/**
 * The portal in DN42: a visitor's stream goes to the portal's door on this machine, with the visitor's address.
 *
 * Standard: the PROXY protocol, version 1 (haproxy.org, "proxy-protocol.txt" §2.1): one line before the octets.
 * The door is the Unix socket `<data>/portal.sock`, mode 0600, which bin/overlay-door.mjs opens: whoever may
 * connect there may read our keys as well, so the line is believed.
 *
 * @module
 */
import { connect as netConnect } from 'node:net';
import { join } from 'node:path';
import { formatIpAddress } from '../../base/ip-address.ts';
import type { StreamEnds } from '../../router/index.ts';
import { type AcceptVisitor, acceptStreams } from './forwards.ts';
import type { Gate } from './gate.ts';
import type { Overlay } from './overlay-socket.ts';

/** Where the portal of a data folder takes visitors from DN42. */
export const portalDoorPath = (dataFolder: string): string => join(dataFolder, 'portal.sock');

export function acceptPortalVisitors(path: string, overlay: Overlay, gate: Gate): AcceptVisitor {
  return acceptStreams(overlay, gate, {
    isWelcome: () => true,
    async connect(ends) {
      const socket = netConnect({ path, allowHalfOpen: true });
      socket.write(proxyLine(ends));
      return socket;
    },
  });
}

/** PROXY protocol §2.1: `PROXY TCP6 <from> <to> <from port> <to port>`. */
export const proxyLine = ({ local, localPort, remote, remotePort }: StreamEnds): string =>
  `PROXY TCP${remote.family} ${formatIpAddress(remote)} ${formatIpAddress(local)} ${remotePort} ${localPort}\r\n`;
