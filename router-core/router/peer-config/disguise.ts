/**
 * What the other side does so that its messages are disguised as ours.
 *
 * Not standardized. AmneziaWG has a tool of its own, awg-quick(8), whose files are those of wg-quick
 * with more keys; wgobfs and ipt_xor are iptables targets beside an ordinary tunnel, given as comments.
 *
 * @module
 */
import { assertNever } from '../../base/assert.ts';
import type { PeerConfigInput } from './types.ts';

type Disguise = {
  /** Where the file goes. */
  readonly folder: string;
  /** Lines in front of the file. */
  readonly comments: readonly string[];
  /** Lines of its interface. */
  readonly parameters: readonly string[];
};
type AmneziaWg = Extract<PeerConfigInput['obfuscation'], { readonly kind: 'amneziawg' }>;

const WIREGUARD = { folder: '/etc/wireguard', comments: [], parameters: [] };

export function disguiseOf(input: PeerConfigInput): Disguise {
  const { obfuscation } = input;
  if (obfuscation === undefined) return WIREGUARD;
  switch (obfuscation.kind) {
    case 'none':
      return WIREGUARD;
    case 'amneziawg':
      return {
        folder: '/etc/amnezia/amneziawg',
        comments: ['# For awg-quick of AmneziaWG'],
        parameters: amneziaWgLines(obfuscation),
      };
    case 'wgobfs':
      return {
        ...WIREGUARD,
        comments: [
          '# Needs the iptables target WGOBFS. Run as root before the tunnel starts',
          ...iptablesLines(input, (direction) =>
            direction === 'INPUT'
              ? `-j WGOBFS --key ${obfuscation.key} --unobfs`
              : `-j WGOBFS --key ${obfuscation.key} --obfs`,
          ),
        ],
      };
    case 'ipt_xor':
      return {
        ...WIREGUARD,
        comments: [
          '# Needs the iptables target XOR. Run as root before the tunnel starts',
          ...iptablesLines(input, () => `-j XOR --keys ${obfuscation.key}`),
        ],
      };
    default:
      return assertNever(obfuscation);
  }
}

/** The key of each option in the file of awg-quick, in its order. */
const AMNEZIAWG_KEYS: readonly (readonly [keyof AmneziaWg, string])[] = [
  ['jc', 'Jc'],
  ['jmin', 'Jmin'],
  ['jmax', 'Jmax'],
  ['s1', 'S1'],
  ['s2', 'S2'],
  ['s3', 'S3'],
  ['s4', 'S4'],
  ['h1', 'H1'],
  ['h2', 'H2'],
  ['h3', 'H3'],
  ['h4', 'H4'],
  ['i1', 'I1'],
  ['i2', 'I2'],
  ['i3', 'I3'],
  ['i4', 'I4'],
  ['i5', 'I5'],
  ['headerProtectionKey', 'HeaderProtectionKey'],
  ['contentPaddingAddition', 'ContentPaddingAddition'],
  ['rekeyAfterTime', 'RekeyAfterTime'],
  ['rekeyTimeout', 'RekeyTimeout'],
  ['rejectAfterTime', 'RejectAfterTime'],
  ['keepaliveTimeout', 'KeepaliveTimeout'],
  ['maxHandshakeAttempts', 'MaxHandshakeAttempts'],
  ['randomTrailers', 'RandomTrailers'],
  ['disableCookies', 'DisableCookies'],
];

function amneziaWgLines(options: AmneziaWg): string[] {
  return AMNEZIAWG_KEYS.flatMap(([option, key]) => {
    const value = options[option];
    if (value === undefined || value === '' || value === false) return [];
    return [`${key} = ${value === true ? 'on' : value}`];
  });
}

/** Datagrams are told by our port, or by theirs where strangers cannot reach us. */
function iptablesLines(
  { we, you }: PeerConfigInput,
  target: (direction: 'INPUT' | 'OUTPUT') => string,
): string[] {
  const ours = we.endpoint === undefined ? undefined : /:([0-9]+)$/.exec(we.endpoint)?.[1];
  if (ours === undefined && you.listenPort === undefined) return [];
  const [inwards, outwards] =
    ours === undefined
      ? [`--dport ${you.listenPort}`, `--sport ${you.listenPort}`]
      : [`--sport ${ours}`, `--dport ${ours}`];
  return [
    `# iptables -t mangle -I INPUT -p udp -m udp ${inwards} ${target('INPUT')}`,
    `# iptables -t mangle -I OUTPUT -p udp -m udp ${outwards} ${target('OUTPUT')}`,
    '# and the same with ip6tables over IPv6',
  ];
}
