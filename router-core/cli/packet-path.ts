/**
 * ROOTLESS42_UNDERLAY: who carries packets, for `node` and `edge`.
 *
 * @module
 */
import { RouterError } from '../base/errors.ts';
import { PACKET_PATHS, type PacketPath, parsePacketPath } from '../base/underlay-wish.ts';

/** @throws RouterError when it is none of the paths */
export function packetPathOfEnvironment(): PacketPath {
  const text = process.env.ROOTLESS42_UNDERLAY;
  const path = parsePacketPath(text);
  if (path !== undefined) return path;
  throw new RouterError(
    'SETTING_INVALID',
    `ROOTLESS42_UNDERLAY is "${text}"; give ${PACKET_PATHS.join(', ')}.`,
  );
}
