/**
 * BIRD 2 for the other side: a base for a router that has none yet, and the peer.
 *
 * Standard: BIRD 2.0 user's guide; the filters follow the custom of DN42. Both parts together load
 * unchanged (e2e/interop proves it with the real daemon).
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

export function writeBird2(input: PeerConfigInput): PeerConfigFile[] {
  const { you } = input;
  return [
    {
      path: '/etc/bird/bird.conf',
      part: 'base',
      text: base(input),
      highlights: [String(you.asn), routerIdOf(you), ...you.prefixes],
    },
    {
      path: `/etc/bird/peers/${protocolName(input.node)}.conf`,
      part: 'peer',
      text: peer(input),
      highlights: [`'${interfaceName(input.node)}'`, you.linkLocal],
    },
  ];
}

function base({ you, shared }: PeerConfigInput): string {
  const v4 = you.prefixes.filter((p) => !p.includes(':'));
  const v6 = you.prefixes.filter((p) => p.includes(':'));
  return `# Base for a router that has none. Skip it where your router already has a template dnpeers.
log syslog all;
router id ${routerIdOf(you)};
define OWNAS = ${you.asn};

protocol device { scan time 10; }
${shared.bfd ? 'protocol bfd { }\n' : ''}
# Routes for the kernel. Your own addresses belong on a dummy or loopback interface.
protocol kernel kernel4 {
    scan time 20;
    ipv4 { import none; export where source != RTS_STATIC; };
}
protocol kernel kernel6 {
    scan time 20;
    ipv6 { import none; export where source != RTS_STATIC; };
}
${staticProtocol('ipv4', v4)}${staticProtocol('ipv6', v6)}
function is_valid_network() {
    return net ~ [
        172.20.0.0/14{21,29}, 172.20.0.0/24{28,32}, 172.21.0.0/24{28,32}, 172.22.0.0/24{28,32},
        172.23.0.0/24{28,32}, 172.31.0.0/16+, 10.100.0.0/14+, 10.127.0.0/16+, 10.0.0.0/8{15,24}
    ];
}
function is_valid_network_v6() {
    return net ~ [ fd00::/8{44,64} ];
}
${selfFunction('is_self_net', v4)}${selfFunction('is_self_net_v6', v6)}
template bgp dnpeers {
    local as OWNAS;
    path metric 1;
    ipv4 {
        import where is_valid_network() && !is_self_net();
        export where is_valid_network() && source ~ [RTS_STATIC, RTS_BGP];
        import limit 9000 action block;
    };
    ipv6 {
        import where is_valid_network_v6() && !is_self_net_v6();
        export where is_valid_network_v6() && source ~ [RTS_STATIC, RTS_BGP];
        import limit 9000 action block;
    };
}

# Peers follow here or in files that an include line names.
`;
}

/** The AS's own prefixes, announced from here; no protocol at all where the registry knows none. */
function staticProtocol(family: 'ipv4' | 'ipv6', prefixes: readonly string[]): string {
  if (prefixes.length === 0) return '';
  const routes = prefixes.map((prefix) => `    route ${prefix} reject;\n`).join('');
  return `protocol static own_${family} {\n${routes}    ${family} { import all; export none; };\n}\n`;
}

function selfFunction(name: string, prefixes: readonly string[]): string {
  const body =
    prefixes.length === 0
      ? 'false'
      : `net ~ [ ${prefixes.map((prefix) => `${prefix}+`).join(', ')} ]`;
  return `function ${name}() {\n    return ${body};\n}\n`;
}

function peer(input: PeerConfigInput): string {
  return `${comments(input)}${sessions(input)}`;
}

/** What stands in no line of BIRD 2.0, and what the base of a router may lack. */
function comments({ shared, sessions }: PeerConfigInput): string {
  if (sessions === 'none') return '';
  return commentsOf(shared, '#', {
    bfd: 'BFD is wanted here. Your router needs a protocol bfd as in the base.',
    tcpAo: 'Signed with TCP-AO. BIRD 2.0 has none - newer ones do. Ask the operator for the key.',
  });
}

function addPathWords(sends: boolean, takes: boolean): string {
  if (!sends && !takes) return '';
  return `add paths ${sends && takes ? 'on' : sends ? 'tx' : 'rx'};`;
}

function sessions(input: PeerConfigInput): string {
  const name = protocolName(input.node);
  const device = interfaceName(input.node);
  const { multihop, bfd, role, addPath } = input.shared;
  const options =
    (multihop === undefined ? '' : `    multihop ${multihop};\n`) +
    (input.hasPassword ? `    password "${PASSWORD_PLACEHOLDER}";\n` : '') +
    (input.ttlSecurity ? '    ttl security on;\n' : '') +
    (bfd ? '    bfd on;\n' : '') +
    (role === undefined ? '' : `    local role ${counterpartOf(role).replace('-', '_')};\n`);
  const endsV6 =
    multihop === undefined
      ? { ours: `${input.we.linkLocal}%'${device}'`, theirs: input.you.linkLocal }
      : { ours: input.we.ipv6 ?? '', theirs: input.you.ipv6 ?? '' };
  const overIpv6 = `    neighbor ${endsV6.ours} as ${input.we.asn};\n    source address ${endsV6.theirs};\n${options}`;
  // What we send they take, and the other way round.
  const paths = addPath === undefined ? '' : addPathWords(addPath.receive, addPath.send);
  const channel = (family: 'ipv4' | 'ipv6', isOn: boolean, extra = ''): string => {
    const words = [extra, paths].filter((word) => word !== '').join(' ');
    if (!isOn) return `    ${family} { import none; export none; };\n`;
    return words === '' ? '' : `    ${family} { ${words} };\n`;
  };
  const has = (family: 'ipv4' | 'ipv6'): boolean => input.families.includes(family);
  const overIpv4 = `    neighbor ${input.we.ipv4 ?? ''} as ${input.we.asn};\n    source address ${input.you.ipv4 ?? ''};\n${options}`;

  switch (input.sessions) {
    case 'mp-bgp':
      return `protocol bgp ${name} from dnpeers {\n${overIpv6}${channel('ipv4', has('ipv4'), input.extendedNextHop ? 'extended next hop on;' : '')}${channel('ipv6', has('ipv6'))}}\n`;
    case 'ipv6-only':
      return `protocol bgp ${name} from dnpeers {\n${overIpv6}${channel('ipv4', false)}${channel('ipv6', true)}}\n`;
    case 'ipv4-only':
      return `protocol bgp ${name} from dnpeers {\n${overIpv4}${channel('ipv4', true)}${channel('ipv6', false)}}\n`;
    case 'separate':
      return [
        has('ipv6')
          ? `protocol bgp ${name}_v6 from dnpeers {\n${overIpv6}${channel('ipv4', false)}${channel('ipv6', true)}}\n`
          : '',
        has('ipv4')
          ? `protocol bgp ${name}_v4 from dnpeers {\n${overIpv4}${channel('ipv4', true)}${channel('ipv6', false)}}\n`
          : '',
      ].join('');
    case 'none':
      return '# This tunnel carries no BGP.\n';
  }
}
