/**
 * `udpsock`: a datagram is a frame. One socket receives and sends.
 *
 * Not standardized; the original's rules: RecvAddr is where we listen (absent: any port), SendAddr where we send
 * (absent: whoever sent the last datagram).
 *
 * Names are resolved once, at the start. Whoever can reach the socket is part of the Ethernet: a firewall decides.
 *
 * @module
 */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { RouterError } from '../../base/errors.ts';
import type { PacketSlot } from '../../base/units.ts';
import { growBuffers } from '../underlay/dgram-ports.ts';
import { errorCode } from '../underlay/send-errors.ts';
import { ASSUMED_MTU, type CountedFrameDevice, counted } from './counted-device.ts';
import { opening } from './device-errors.ts';
import type { FrameIntake } from './frame-intake.ts';
import { FRAMES_WAITING } from './limits.ts';
import { readHostPort } from './socket-address.ts';

type PartialPlace = {
  readonly address?: string;
  readonly family?: number;
  readonly port: number;
};

export function openUdpSocket(
  name: string,
  { RecvAddr, SendAddr }: { readonly RecvAddr: string; readonly SendAddr: string },
  intake: FrameIntake,
): Promise<CountedFrameDevice> {
  const at = RecvAddr === '' ? 'any port' : RecvAddr;
  return opening(`The interface cannot receive at ${at}`, REMEDY, async () => {
    const local = RecvAddr === '' ? undefined : await resolve(RecvAddr);
    const remote = SendAddr === '' ? undefined : await resolve(SendAddr, local?.family);
    if (local?.family !== undefined && remote !== undefined && local.family !== remote.family)
      throw new RouterError('ENDPOINT_SYNTAX', `${RecvAddr} and ${SendAddr} are of two families.`);
    const socket = await bind(local, remote?.family);
    return carry(name, socket, remote, intake);
  });
}

const REMEDY = 'RecvAddr must be an address of this machine whose port nobody has.';

/** Without a host there is a port only. */
async function resolve(text: string, family = 0): Promise<PartialPlace> {
  const { host, port } = readHostPort(text);
  return host === undefined ? { port } : { ...(await lookup(host, { family })), port };
}

/** Opens a socket of the family that is asked for; of both when nobody says which. */
async function bind(local: PartialPlace | undefined, remoteFamily?: number): Promise<Socket> {
  const family = local?.family ?? remoteFamily;
  if (family !== undefined) return listen(family === 4 ? 4 : 6, true, local);
  try {
    return await listen(6, false, local);
  } catch (error) {
    if (!NO_IPV6.includes(errorCode(error))) throw error;
    return listen(4, true, local);
  }
}

const NO_IPV6: readonly string[] = ['EAFNOSUPPORT', 'EADDRNOTAVAIL'];

function listen(family: 4 | 6, isAlone: boolean, local: PartialPlace | undefined): Promise<Socket> {
  const socket = createSocket({
    type: family === 4 ? 'udp4' : 'udp6',
    ipv6Only: family === 6 && isAlone,
    // Addresses are literals by then: sending stays synchronous.
    lookup: (literal, _options, done) => done(null, literal, family),
  });
  return new Promise((resolve, reject) => {
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ port: local?.port ?? 0, address: local?.address, exclusive: true }, () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function carry(
  name: string,
  socket: Socket,
  remote: PartialPlace | undefined,
  intake: FrameIntake,
): CountedFrameDevice {
  const { arena, counters } = intake;
  const memory = Buffer.from(arena.bytes.buffer, arena.bytes.byteOffset, arena.bytes.byteLength);
  const isLearning = remote === undefined;
  let port = remote?.port ?? 0;
  let address = remote?.address ?? '';
  let waiting = 0;
  let isClosed = false;
  growBuffers(socket);
  // An ICMP error about a datagram surfaces here on some systems: it was a frame that did not arrive.
  socket.on('error', () => counters.dropped++);
  socket.on('message', (datagram, from) => {
    if (isLearning) {
      address = from.address;
      port = from.port;
    }
    intake.take(datagram, datagram.length);
  });
  const done = (slot: PacketSlot, isSent: boolean): void => {
    if (!isSent) counters.dropped++;
    arena.release(slot);
  };
  return counted(counters, {
    name,
    mtu: ASSUMED_MTU,
    write(slot) {
      if (port === 0 || isClosed || waiting >= FRAMES_WAITING) {
        done(slot, false);
        return;
      }
      const start = arena.start[slot] as number;
      const octets = (arena.end[slot] as number) - start;
      waiting++;
      socket.send(memory, start, octets, port, address, (error) => {
        waiting--;
        done(slot, error === null);
      });
    },
    close() {
      intake.stop();
      if (isClosed) return Promise.resolve();
      isClosed = true;
      return new Promise((resolve) => {
        socket.close(() => resolve());
      });
    },
  });
}
