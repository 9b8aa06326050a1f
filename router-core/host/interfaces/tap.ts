/**
 * `tap`: an Ethernet interface of the system, whose other end we are.
 *
 * Standard: Documentation/networking/tuntap.rst of Linux. The steps and their order are the original's:
 * MTU, MAC address, up, and with IPv6LLPrefix all addresses go before ours come (tap-addresses.ts).
 *
 * Making a device and changing one needs CAP_NET_ADMIN. What is as it should be already is left alone, so that a
 * device prepared by root (`ip tuntap add dev eg0 mode tap user …`, `ip link set …`) serves a process without rights.
 *
 * @module
 */
import { closeSync, constants, openSync } from 'node:fs';
import { equalBytes } from '../../base/bytes.ts';
import type { InterfaceConf } from '../../mesh/etherguard/config/index.ts';
import { type Libc, requireLibc, systemError } from '../libc.ts';
import { loadUnixSockets } from '../unix-sockets.ts';
import { type CountedFrameDevice, counted } from './counted-device.ts';
import { opening } from './device-errors.ts';
import { FrameDescriptor } from './frame-descriptor.ts';
import type { FrameDeviceOwner } from './frame-device.ts';
import type { FrameIntake } from './frame-intake.ts';
import { InterfaceControl, InterfaceRequest, SOCKADDR_DATA, UNION } from './interface-control.ts';
import { addAddresses, addressesOf } from './tap-addresses.ts';

// linux/if_tun.h, linux/if.h, linux/sockios.h, linux/if_arp.h
const TUNSETIFF = 0x400454ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const IFF_UP = 0x0001;
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const SIOCGIFMTU = 0x8921;
const SIOCSIFMTU = 0x8922;
const SIOCGIFHWADDR = 0x8927;
const SIOCSIFHWADDR = 0x8924;
const ARPHRD_ETHER = 1;

export async function openTap(
  conf: InterfaceConf,
  owner: FrameDeviceOwner,
  intake: FrameIntake,
): Promise<CountedFrameDevice> {
  const { arena, counters } = intake;
  const addresses = addressesOf(conf, owner.node);
  const libc = await requireLibc('An interface of kind tap');
  const sockets = await loadUnixSockets('An interface of kind tap');
  const fd = await opening(`The device ${conf.Name} cannot be made`, REMEDY, () =>
    attach(libc, conf.Name),
  );
  try {
    await opening(`The device ${conf.Name} cannot be set up`, REMEDY, () => {
      const control = new InterfaceControl(libc, conf.Name);
      try {
        setUp(control, conf.MTU, owner.linkAddress);
        addAddresses(control, addresses);
      } finally {
        control.close();
      }
    });
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  const descriptor = new FrameDescriptor({
    sockets,
    arena,
    counters,
    fd,
    intake,
    ended: (error) => intake.end(error),
  });
  return counted(counters, {
    name: conf.Name,
    mtu: conf.MTU,
    write: (slot) => descriptor.write(slot),
    close() {
      intake.stop();
      return descriptor.close();
    },
  });
}

const REMEDY =
  'It takes CAP_NET_ADMIN and /dev/net/tun (systemd: AmbientCapabilities=CAP_NET_ADMIN), or a device made for this ' +
  'user: ip tuntap add dev NAME mode tap user USER. An interface of kind router needs no right at all.';

/** Opens our end of the device; the system makes it when it is not there. */
function attach(libc: Libc, name: string): number {
  const { O_RDWR, O_NONBLOCK } = constants;
  const fd = openSync('/dev/net/tun', O_RDWR | O_NONBLOCK);
  const request = new InterfaceRequest(name);
  request.view.setUint16(UNION, IFF_TAP | IFF_NO_PI, true);
  const ioctl = libc.bind('ioctl', ['int', 'ulong', 'void *']);
  const result = ioctl(fd, TUNSETIFF, request.bytes);
  if (result >= 0) return fd;
  closeSync(fd);
  throw systemError('TUNSETIFF', result, name);
}

function setUp(control: InterfaceControl, mtu: number, linkAddress: Uint8Array): void {
  const request = new InterfaceRequest(control.name);
  control.call('SIOCGIFMTU', SIOCGIFMTU, request);
  if (request.view.getInt32(UNION, true) !== mtu) {
    request.view.setInt32(UNION, mtu, true);
    control.call('SIOCSIFMTU', SIOCSIFMTU, request);
  }

  control.call('SIOCGIFHWADDR', SIOCGIFHWADDR, request);
  const address = request.bytes.subarray(SOCKADDR_DATA, SOCKADDR_DATA + linkAddress.length);
  if (!equalBytes(address, linkAddress)) {
    request.view.setUint16(UNION, ARPHRD_ETHER, true);
    address.set(linkAddress);
    control.call('SIOCSIFHWADDR', SIOCSIFHWADDR, request);
  }

  control.call('SIOCGIFFLAGS', SIOCGIFFLAGS, request);
  const flags = request.view.getUint16(UNION, true);
  if ((flags & IFF_UP) !== 0) return;
  request.view.setUint16(UNION, flags | IFF_UP, true);
  control.call('SIOCSIFFLAGS', SIOCSIFFLAGS, request);
}
