/**
 * Peerings of every shape, for the golden texts and for the real programs that parse them.
 *
 * @module
 */
import { toBase64 } from '../../../base/bytes.ts';
import type { PeerConfigFile, PeerConfigInput } from '../types.ts';

const INPUT: PeerConfigInput = {
  node: 'tokyo',
  we: {
    asn: 4242426000,
    publicKey: toBase64(new Uint8Array(32).fill(100)),
    endpoint: 'node.example.net:51820',
    linkLocal: 'fe80::6000',
    ipv4: '172.21.128.1',
    ipv6: 'fdb0:6000:100::1',
  },
  you: {
    asn: 4242426001,
    listenPort: 26001,
    linkLocal: 'fe80::6001',
    prefixes: ['172.21.129.0/27', 'fdb1:6000:101::/48'],
  },
  hasPresharedKey: false,
  hasPassword: false,
  ttlSecurity: false,
  shared: {},
  sessions: 'mp-bgp',
  families: ['ipv4', 'ipv6'],
  extendedNextHop: true,
  keepalive: 0,
  mtu: 1420,
};
const WITH_IPV4: PeerConfigInput = {
  ...INPUT,
  extendedNextHop: false,
  you: { ...INPUT.you, ipv4: '172.21.129.1', ipv6: 'fdb1:6000:101::1' },
};
const { listenPort: _listenPort, ...YOU_BEHIND_NAT } = INPUT.you;
const { endpoint: _endpoint, ...WE_UNREACHABLE } = INPUT.we;

/** By the name of the golden file. */
export const PEER_CONFIG_INPUTS: Readonly<Record<string, PeerConfigInput>> = {
  'mp-bgp': INPUT,
  'mp-bgp-without-extended-next-hop': WITH_IPV4,
  'mp-bgp-ipv6-family': { ...INPUT, families: ['ipv6'] },
  'mp-bgp-ipv4-family': { ...INPUT, families: ['ipv4'] },
  separate: { ...WITH_IPV4, sessions: 'separate' },
  'separate-ipv6-family': {
    ...INPUT,
    sessions: 'separate',
    families: ['ipv6'],
    extendedNextHop: false,
  },
  'ipv6-only': { ...INPUT, sessions: 'ipv6-only', families: ['ipv6'], extendedNextHop: false },
  'ipv4-only': { ...WITH_IPV4, sessions: 'ipv4-only', families: ['ipv4'] },
  none: { ...INPUT, sessions: 'none' },
  // A peer behind NAT with a preshared key, whose AS has no prefix yet, on a node with a long name.
  'behind-nat': {
    ...INPUT,
    node: 'frankfurt-am-main-2',
    we: WE_UNREACHABLE,
    you: { ...YOU_BEHIND_NAT, prefixes: [] },
    hasPresharedKey: true,
    keepalive: 25,
    mtu: 1280,
  },
  secured: { ...INPUT, hasPassword: true, ttlSecurity: true },
  'separate-secured': { ...WITH_IPV4, sessions: 'separate', hasPassword: true, ttlSecurity: true },
  // A customer that gets all paths, watched by BFD.
  options: {
    ...INPUT,
    shared: { bfd: true, role: 'provider', addPath: { send: true, receive: false } },
  },
  'separate-options': {
    ...WITH_IPV4,
    sessions: 'separate',
    shared: {
      bfd: true,
      role: 'rs-server',
      routeServer: true,
      addPath: { send: true, receive: true },
    },
  },
  'ipv6-only-options': {
    ...INPUT,
    sessions: 'ipv6-only',
    families: ['ipv6'],
    extendedNextHop: false,
    shared: { role: 'peer', addPath: { send: false, receive: true } },
  },
  // Behind another router.
  multihop: {
    ...INPUT,
    you: { ...INPUT.you, ipv6: 'fdb1:6000:101::1' },
    shared: { multihop: 3 },
  },
  'separate-multihop-secured': {
    ...WITH_IPV4,
    sessions: 'separate',
    hasPassword: true,
    ttlSecurity: true,
    shared: { multihop: 2 },
  },
  'tcp-ao': {
    ...INPUT,
    shared: {
      tcpAo: [
        { sendId: 5, receiveId: 7, algorithm: 'hmac-sha-1-96' },
        { sendId: 6, receiveId: 8, algorithm: 'aes-128-cmac-96' },
      ],
    },
  },
  'disguised-amneziawg': {
    ...INPUT,
    mtu: 1408,
    obfuscation: {
      kind: 'amneziawg',
      jc: 4,
      jmin: 40,
      jmax: 70,
      s1: 24,
      s2: 20,
      s3: 16,
      s4: 12,
      h1: '5-104',
      h2: '105-204',
      h3: 205,
      h4: '305-404',
      i1: '<b 0xc700000001><r 8><t>',
      headerProtectionKey: toBase64(new Uint8Array(32).fill(7)),
      randomTrailers: true,
    },
  },
  'disguised-wgobfs': { ...INPUT, mtu: 1412, obfuscation: { kind: 'wgobfs', key: 'moss-2' } },
  'disguised-ipt_xor': {
    ...INPUT,
    we: WE_UNREACHABLE,
    obfuscation: { kind: 'ipt_xor', key: 'lichen_7' },
  },
};

/** Returns all files of a format as one text, each under its path. */
export const goldenText = (files: readonly PeerConfigFile[]): string =>
  files.map(({ path, part, text }) => `==> ${path} (${part})\n${text}`).join('\n');
