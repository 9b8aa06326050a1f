/**
 * FRRouting for the other side: a base for a router that has none yet, and the peer.
 *
 * Standard: FRR user guide (8.4 and later). Order matters: `remote-as` first, then `interface`, then
 * `capability extended-nexthop`; names of lists and maps follow the custom of DN42.
 *
 * @module
 */
import { counterpartOf } from '../../base/bgp-role.ts';
import { commentsOf } from './shared-options.ts';
import {
  interfaceName,
  PASSWORD_PLACEHOLDER,
  type PeerConfigFile,
  type PeerConfigInput,
  protocolName,
  routerIdOf,
} from './types.ts';

export function writeFrr(input: PeerConfigInput): PeerConfigFile[] {
  const { you } = input;
  const name = protocolName(input.node);
  return [
    {
      path: '/etc/frr/frr.conf',
      part: 'base',
      text: base(input),
      highlights: [String(you.asn), routerIdOf(you), ...you.prefixes],
    },
    {
      path: `/etc/frr/${name}.conf`,
      part: 'peer',
      text: peer(input),
      highlights: [interfaceName(input.node), String(you.asn)],
    },
  ];
}

function base({ you }: PeerConfigInput): string {
  const v4 = you.prefixes.filter((p) => !p.includes(':'));
  const v6 = you.prefixes.filter((p) => p.includes(':'));
  const own = (list: readonly string[]): string => list.map((p) => `  network ${p}\n`).join('');
  return `! Base for a router that has none. Skip what your router already has.
ip prefix-list dn42-v4 seq 1 deny 172.22.166.0/24 le 32
ip prefix-list dn42-v4 seq 1001 permit 172.20.0.0/24 ge 28 le 32
ip prefix-list dn42-v4 seq 1002 permit 172.21.0.0/24 ge 28 le 32
ip prefix-list dn42-v4 seq 1003 permit 172.22.0.0/24 ge 28 le 32
ip prefix-list dn42-v4 seq 1004 permit 172.23.0.0/24 ge 28 le 32
ip prefix-list dn42-v4 seq 1100 permit 172.20.0.0/14 ge 21 le 29
ip prefix-list dn42-v4 seq 2001 permit 10.100.0.0/14 le 32
ip prefix-list dn42-v4 seq 2002 permit 10.127.0.0/16 le 32
ip prefix-list dn42-v4 seq 2003 permit 10.0.0.0/8 ge 15 le 24
ip prefix-list dn42-v4 seq 3001 permit 172.31.0.0/16 le 32
ip prefix-list dn42-v4 seq 9999 deny 0.0.0.0/0 le 32
ipv6 prefix-list dn42-v6 seq 1001 permit fd00::/8 ge 44 le 64
ipv6 prefix-list dn42-v6 seq 9999 deny ::/0 le 128
route-map dn42-v4 permit 10
 match ip address prefix-list dn42-v4
exit
route-map dn42-v6 permit 10
 match ipv6 address prefix-list dn42-v6
exit
router bgp ${you.asn}
 bgp router-id ${routerIdOf(you)}
 no bgp default ipv4-unicast
 no bgp network import-check
 address-family ipv4 unicast
${own(v4)} exit-address-family
 address-family ipv6 unicast
${own(v6)} exit-address-family
exit
`;
}

function peer(input: PeerConfigInput): string {
  const { we, you, shared } = input;
  const { multihop, bfd, role } = shared;
  const device = interfaceName(input.node);
  const has = (family: 'ipv4' | 'ipv6'): boolean => input.families.includes(family);
  const options = (neighbor: string): string =>
    (input.hasPassword ? ` neighbor ${neighbor} password ${PASSWORD_PLACEHOLDER}\n` : '') +
    // Of these two FRR takes one alone.
    (input.ttlSecurity
      ? ` neighbor ${neighbor} ttl-security hops ${multihop ?? 1}\n`
      : multihop === undefined
        ? ''
        : ` neighbor ${neighbor} ebgp-multihop ${multihop}\n`) +
    (bfd ? ` neighbor ${neighbor} bfd\n` : '') +
    (role === undefined ? '' : ` neighbor ${neighbor} local-role ${counterpartOf(role)}\n`) +
    (shared.routeServer ? ` no neighbor ${neighbor} enforce-first-as\n` : '');
  const activate = activation(shared.addPath?.receive === true);
  const overIpv6 = (families: readonly ('ipv4' | 'ipv6')[]): string => {
    const neighbor = multihop === undefined ? we.linkLocal : (we.ipv6 ?? '');
    const from = multihop === undefined ? `interface ${device}` : `update-source ${you.ipv6 ?? ''}`;
    const capability =
      families.includes('ipv4') && input.extendedNextHop
        ? ` neighbor ${neighbor} capability extended-nexthop\n`
        : '';
    return (
      ` neighbor ${neighbor} remote-as ${we.asn}\n neighbor ${neighbor} ${from}\n` +
      capability +
      options(neighbor) +
      families.map((family) => activate(family, neighbor)).join('')
    );
  };
  const overIpv4 = (): string => {
    const neighbor = we.ipv4 ?? '';
    const near = multihop === undefined ? ` neighbor ${neighbor} disable-connected-check\n` : '';
    return (
      ` neighbor ${neighbor} remote-as ${we.asn}\n neighbor ${neighbor} update-source ${you.ipv4 ?? ''}\n` +
      near +
      options(neighbor) +
      activate('ipv4', neighbor)
    );
  };

  const open = `${comments(input)}router bgp ${you.asn}\n`;
  switch (input.sessions) {
    case 'mp-bgp':
      return `${open}${overIpv6((['ipv4', 'ipv6'] as const).filter(has))}exit\n`;
    case 'ipv6-only':
      return `${open}${overIpv6(['ipv6'])}exit\n`;
    case 'ipv4-only':
      return `${open}${overIpv4()}exit\n`;
    case 'separate':
      return `${open}${has('ipv6') ? overIpv6(['ipv6']) : ''}${has('ipv4') ? overIpv4() : ''}exit\n`;
    case 'none':
      return '! This tunnel carries no BGP.\n';
  }
}

/** What stands in no line of FRR. It takes several paths without being told. */
const comments = ({ shared }: PeerConfigInput): string =>
  commentsOf(shared, '!', {
    bfd: 'BFD is wanted here. Your router needs bfdd.',
    tcpAo: 'Signed with TCP-AO. FRR 8.4 has none. Ask the operator for a password instead.',
  });

/** @param sendsPaths every path of a prefix goes to us (RFC 7911) */
const activation =
  (sendsPaths: boolean) =>
  (family: 'ipv4' | 'ipv6', neighbor: string): string => {
    const map = family === 'ipv4' ? 'dn42-v4' : 'dn42-v6';
    return (
      ` address-family ${family} unicast\n  neighbor ${neighbor} activate\n` +
      (sendsPaths ? `  neighbor ${neighbor} addpath-tx-all-paths\n` : '') +
      `  neighbor ${neighbor} route-map ${map} in\n` +
      `  neighbor ${neighbor} route-map ${map} out\n  neighbor ${neighbor} maximum-prefix 9000\n exit-address-family\n`
    );
  };
