/**
 * `vpp`: memif, the shared memory of VPP. We are the master and listen, VPP is the slave and brings the memory.
 *
 * Standard: memif 2.0. The original also asks VPP over its binary API for the interface; that is left to an operator:
 *
 *   create memif socket id 7 filename /var/run/eggo-vpp/NAME.sock
 *   create interface memif id VPPIFaceID socket-id 7 slave no-zero-copy
 *   set interface state memif7/ID up;  set interface l2 bridge memif7/ID VPPBridgeID
 *
 * The socket is `VPP_MEMIF_SOCKET_DIR`/Name.sock, for our user and root only: whoever connects is trusted not to cut
 * the memory short that he shared. The newest connection replaces the older; when one ends we wait for the next.
 *
 * @module
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { InterfaceConf } from '../../mesh/etherguard/config/index.ts';
import { requireLibc } from '../libc.ts';
import { loadUnixSockets } from '../unix-sockets.ts';
import { type CountedFrameDevice, counted } from './counted-device.ts';
import { opening } from './device-errors.ts';
import type { FrameIntake } from './frame-intake.ts';
import { MemifSession } from './memif-session.ts';
import { acceptPackets } from './packet-connections.ts';

const DEFAULT_FOLDER = '/var/run/eggo-vpp';
const REMEDY = 'VPP_MEMIF_SOCKET_DIR must be a folder that this user may write to.';

export async function openVpp(
  { Name: name, VPPIFaceID: id, MTU: mtu }: InterfaceConf,
  environment: Readonly<Record<string, string | undefined>>,
  intake: FrameIntake,
): Promise<CountedFrameDevice> {
  const { arena, counters } = intake;
  const libc = await requireLibc('An interface of kind vpp');
  const sockets = await loadUnixSockets('An interface of kind vpp');
  const folder = environment.VPP_MEMIF_SOCKET_DIR || DEFAULT_FOLDER;
  const path = join(folder, `${name}.sock`);
  let session: MemifSession | undefined;

  const accept = (fd: number): void => {
    session?.close('replaced');
    const ended = (): void => {
      if (session === fresh) session = undefined;
    };
    const fresh = new MemifSession(fd, { libc, sockets, intake, name, id, ended });
    session = fresh;
  };
  const listener = await opening(`The interface cannot listen at ${path}`, REMEDY, async () => {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    const listening = await acceptPackets(sockets, path, accept);
    chmodSync(path, 0o600);
    return listening;
  });

  return counted(counters, {
    name,
    mtu,
    write(slot) {
      if (session !== undefined) {
        session.write(slot);
        return;
      }
      counters.dropped++;
      arena.release(slot);
    },
    close() {
      intake.stop();
      session?.close();
      session = undefined;
      return listener.close();
    },
  });
}
