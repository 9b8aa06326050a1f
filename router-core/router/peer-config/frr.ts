/**
 * FRRouting for the other side: a base for a router that has none yet, and the peer.
 *
 * Standard: FRR user guide (8.4 and later). Order matters: `remote-as` first, then `interface`, then
 * `capability extended-nexthop`; names of lists and maps follow the custom of DN42.
 *
 * @module
 */
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
  const { we, you } = input;
  const device = interfaceName(input.node);
  const has = (family: 'ipv4' | 'ipv6'): boolean => input.families.includes(family);
  const security = (neighbor: string): string =>
    (input.hasPassword ? ` neighbor ${neighbor} password ${PASSWORD_PLACEHOLDER}\n` : '') +
    (input.ttlSecurity ? ` neighbor ${neighbor} ttl-security hops 1\n` : '');
  const overIpv6 = (families: readonly ('ipv4' | 'ipv6')[]): string => {
    const capability =
      families.includes('ipv4') && input.extendedNextHop
        ? ` neighbor ${we.linkLocal} capability extended-nexthop\n`
        : '';
    return (
      ` neighbor ${we.linkLocal} remote-as ${we.asn}\n neighbor ${we.linkLocal} interface ${device}\n` +
      capability +
      security(we.linkLocal) +
      families.map((family) => activate(family, we.linkLocal)).join('')
    );
  };
  const overIpv4 = (): string =>
    ` neighbor ${we.ipv4 ?? ''} remote-as ${we.asn}\n neighbor ${we.ipv4 ?? ''} update-source ${you.ipv4 ?? ''}\n` +
    ` neighbor ${we.ipv4 ?? ''} disable-connected-check\n${security(we.ipv4 ?? '')}${activate('ipv4', we.ipv4 ?? '')}`;

  const open = `router bgp ${you.asn}\n`;
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

const activate = (family: 'ipv4' | 'ipv6', neighbor: string): string => {
  const map = family === 'ipv4' ? 'dn42-v4' : 'dn42-v6';
  return (
    ` address-family ${family} unicast\n  neighbor ${neighbor} activate\n  neighbor ${neighbor} route-map ${map} in\n` +
    `  neighbor ${neighbor} route-map ${map} out\n  neighbor ${neighbor} maximum-prefix 9000\n exit-address-family\n`
  );
};
