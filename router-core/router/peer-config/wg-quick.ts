/**
 * wg-quick(8) for the other side, or awg-quick(8) where the tunnel is disguised as AmneziaWG does.
 *
 * Standard: wg-quick(8); portal specification §5: `Table = off`, addresses by PostUp, DN42's ranges.
 *
 * @module
 */
import { disguiseOf } from './disguise.ts';
import {
  interfaceName,
  type PeerConfigFile,
  type PeerConfigInput,
  PRESHARED_KEY_PLACEHOLDER,
  PRIVATE_KEY_PLACEHOLDER,
} from './types.ts';

const DN42_RANGES = '172.20.0.0/14, 172.31.0.0/16, 10.0.0.0/8, fd00::/8, fe80::/64';

export function writeWgQuick(input: PeerConfigInput): PeerConfigFile[] {
  const { we, you } = input;
  // Over several hops the addresses are those of the router behind: this end has a way to us.
  const isRouted = input.shared.multihop !== undefined;
  const highlights = [`${you.linkLocal}/64`, String(input.mtu)];
  const { folder, comments, parameters } = disguiseOf(input);
  const lines = [...comments, '[Interface]', `PrivateKey = ${PRIVATE_KEY_PLACEHOLDER}`];
  if (you.listenPort !== undefined) {
    lines.push(`ListenPort = ${you.listenPort}`);
    highlights.push(String(you.listenPort));
  }
  lines.push(`PostUp = ip addr add dev %i ${you.linkLocal}/64`);
  if (you.ipv4 !== undefined && we.ipv4 !== undefined) {
    lines.push(
      isRouted
        ? `PostUp = ip route add ${we.ipv4}/32 dev %i`
        : `PostUp = ip addr add dev %i ${you.ipv4}/32 peer ${we.ipv4}/32`,
    );
    highlights.push(`${you.ipv4}/32`);
  }
  if (you.ipv6 !== undefined && we.ipv6 !== undefined) {
    lines.push(
      isRouted
        ? `PostUp = ip route add ${we.ipv6}/128 dev %i`
        : `PostUp = ip addr add dev %i ${you.ipv6}/128 peer ${we.ipv6}/128`,
    );
    highlights.push(`${you.ipv6}/128`);
  }
  lines.push(
    'Table = off',
    `MTU = ${input.mtu}`,
    ...parameters,
    '',
    '[Peer]',
    `PublicKey = ${we.publicKey}`,
  );
  if (input.hasPresharedKey) lines.push(`PresharedKey = ${PRESHARED_KEY_PLACEHOLDER}`);
  if (we.endpoint !== undefined) lines.push(`Endpoint = ${we.endpoint}`);
  lines.push(`AllowedIPs = ${DN42_RANGES}`);
  if (input.keepalive > 0) lines.push(`PersistentKeepalive = ${input.keepalive}`);
  return [
    {
      path: `${folder}/${interfaceName(input.node)}.conf`,
      part: 'peer',
      text: `${lines.join('\n')}\n`,
      highlights,
    },
  ];
}
