/**
 * IP addresses of a TAP device: which they are, and how they get there.
 *
 * Standard: netdevice(7), ipv6(7), proc(5) for `if_inet6`; the derivation is EtherGuard's.
 *
 * What a device has is asked of the system itself: `os.networkInterfaces` leaves out a device until the system has
 * noted its carrier, which it does some time after it is up.
 *
 *   IPv6LLPrefix   given: every address of the device goes first; then ours, with 64 bits of prefix
 *   IPv6CIDR, IPv4CIDR   added with the length of the prefix
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { RouterError } from '../../base/errors.ts';
import {
  equalAddresses,
  formatIpAddress,
  type IpAddress,
  type IpFamily,
  isLinkLocal,
  maskBytes,
  parseIpPrefixLoose,
} from '../../base/ip-address.ts';
import { type InterfaceConf, ipAddressOf } from '../../mesh/etherguard/config/index.ts';
import { AF_INET } from '../underlay/descriptor.ts';
import { errorCode } from '../underlay/send-errors.ts';
import { type InterfaceControl, InterfaceRequest, UNION } from './interface-control.ts';
import { ADDRESSES_FLUSHED_MAX } from './limits.ts';

// linux/sockios.h
const SIOCSIFADDR = 0x8916;
const SIOCSIFNETMASK = 0x891c;
const SIOCDIFADDR = 0x8936;
/** In `struct sockaddr_in`, behind family and port. */
const IPV4_ADDRESS = UNION + 4;
/** `struct in6_ifreq`: address, length of the prefix, index of the interface. */
const IPV6_REQUEST_BYTES = 24;
const IPV6_PREFIX_LENGTH = 16;
const IPV6_INDEX = 20;
const LINK_LOCAL_PREFIX_LENGTH = 64;

type InterfaceAddress = { readonly address: IpAddress; readonly length: number };

export type InterfaceAddresses = {
  /** Whether all addresses that the device has go first. */
  readonly isExclusive: boolean;
  readonly added: readonly InterfaceAddress[];
};

/** Returns the addresses of a node. @throws RouterError MESH_ADDRESS */
export function addressesOf(
  { IPv4CIDR, IPv6CIDR, IPv6LLPrefix }: InterfaceConf,
  node: number,
): InterfaceAddresses {
  const added: InterfaceAddress[] = [];
  if (IPv6LLPrefix !== '') {
    const { address } = derive('IPv6LLPrefix', IPv6LLPrefix, node, 6);
    if (!isLinkLocal(address))
      throw new RouterError(
        'MESH_ADDRESS',
        `Interface.IPv6LLPrefix gives ${formatIpAddress(address)}, which is not link-local.`,
        { hint: 'Write fe80::/64 or a part of it.' },
      );
    added.push({ address, length: LINK_LOCAL_PREFIX_LENGTH });
  }
  if (IPv6CIDR !== '') added.push(derive('IPv6CIDR', IPv6CIDR, node, 6));
  if (IPv4CIDR !== '') added.push(derive('IPv4CIDR', IPv4CIDR, node, 4));
  return { isExclusive: IPv6LLPrefix !== '', added };
}

function derive(key: string, cidr: string, node: number, family: IpFamily): InterfaceAddress {
  const derived = ipAddressOf(cidr, node, family);
  if ('problem' in derived)
    throw new RouterError('MESH_ADDRESS', `Interface.${key} ${derived.problem}`);
  return {
    ...derived,
    length: parseIpPrefixLoose(cidr)?.length ?? derived.address.bytes.length * 8,
  };
}

/** Gives the device its addresses; one that it has already stays. @throws the system's error, with `code` */
export function addAddresses(
  control: InterfaceControl,
  { isExclusive, added }: InterfaceAddresses,
): void {
  if (isExclusive) {
    keepSystemFromAdding(control.name);
    removeOthers(control, added);
  }
  const present = [
    ...presentIpv6(control.name).map((entry) => entry.address),
    ...presentIpv4(control),
  ];
  for (const { address, length } of added) {
    if (present.some((other) => equalAddresses(other, address))) continue;
    if (address.family === 4) addIpv4(control, address.bytes, length);
    else control.callIpv6('SIOCSIFADDR', SIOCSIFADDR, ipv6Request(control, address.bytes, length));
  }
}

/** The system makes a link-local address of its own when the device gets a carrier, which may be later. */
function keepSystemFromAdding(name: string): void {
  try {
    writeFileSync(`/proc/sys/net/ipv6/conf/${name}/addr_gen_mode`, '1');
  } catch (error) {
    // Read-only in many containers, and absent without IPv6: what was added is removed below all the same.
    if (errorCode(error) === '') throw error;
  }
}

function removeOthers(control: InterfaceControl, kept: readonly InterfaceAddress[]): void {
  const isOther = (address: IpAddress): boolean =>
    !kept.some((ours) => equalAddresses(ours.address, address));
  const others = presentIpv6(control.name).filter(({ address }) => isOther(address));
  for (const { address, length } of others.slice(0, ADDRESSES_FLUSHED_MAX))
    control.callIpv6('SIOCDIFADDR', SIOCDIFADDR, ipv6Request(control, address.bytes, length));
  // For IPv4, netdevice(7) has no deletion: the first address becomes 0.0.0.0, and is gone. Ours may go with them.
  for (let n = 0; n < ADDRESSES_FLUSHED_MAX && presentIpv4(control).some(isOther); n++)
    control.call('SIOCSIFADDR', SIOCSIFADDR, ipv4Request(control.name, new Uint8Array(4)));
}

/** `if_inet6`: address, number of the interface, length of the prefix, scope, flags, all in hex; name. */
function presentIpv6(name: string): InterfaceAddress[] {
  let lines: string[];
  try {
    lines = readFileSync('/proc/thread-self/net/if_inet6', 'latin1').split('\n');
  } catch (error) {
    // Without IPv6 there is no such file, and no such address.
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
  return lines.flatMap((line) => {
    const [octets = '', , length = '', , , device] = line.split(/ +/);
    if (device !== name) return [];
    const bytes = new Uint8Array(Buffer.from(octets, 'hex'));
    return [{ address: { family: 6, bytes }, length: Number.parseInt(length, 16) }];
  });
}

function presentIpv4(control: InterfaceControl): IpAddress[] {
  return control
    .ipv4Requests()
    .filter((request) => request.name() === control.name)
    .map(({ bytes }) => ({ family: 4, bytes: bytes.slice(IPV4_ADDRESS, IPV4_ADDRESS + 4) }));
}

function addIpv4(control: InterfaceControl, address: Uint8Array, length: number): void {
  const mask = new Uint8Array(4).fill(0xff);
  maskBytes(mask, length);
  control.call('SIOCSIFADDR', SIOCSIFADDR, ipv4Request(control.name, address));
  control.call('SIOCSIFNETMASK', SIOCSIFNETMASK, ipv4Request(control.name, mask));
}

function ipv4Request(name: string, address: Uint8Array): InterfaceRequest {
  const request = new InterfaceRequest(name);
  request.view.setUint16(UNION, AF_INET, true);
  request.bytes.set(address, IPV4_ADDRESS);
  return request;
}

function ipv6Request(control: InterfaceControl, address: Uint8Array, length: number): Uint8Array {
  const request = new Uint8Array(IPV6_REQUEST_BYTES);
  const view = new DataView(request.buffer);
  request.set(address);
  view.setUint32(IPV6_PREFIX_LENGTH, length, true);
  view.setInt32(IPV6_INDEX, control.index(), true);
  return request;
}
