/**
 * Neighbors on the mesh: how they are written, and how one is spoken to.
 *
 * Standard: RFC 4007 §11 (`fe80::2%mesh`).
 *
 * @module
 */
import { type IpAddress, isLinkLocal, parseIpAddress } from '../../base/ip-address.ts';
import type { InterfaceId } from '../../base/units.ts';

/** What stands behind the percent sign of a link-local address. */
const MESH_ZONE = 'mesh';

/** How a neighbor on the mesh is spoken to. */
export type MeshLink = {
  readonly port: InterfaceId;
  /** The neighbor as a way out for routes. */
  readonly hop: InterfaceId;
  /** Ours of the family, and of both for next hops that we tell. */
  readonly local: IpAddress;
  readonly ours: readonly IpAddress[];
};

/** Reads `10.42.0.2` or `fe80::2%mesh`: an address that may be a neighbor on the mesh. */
export function parseMeshAddress(text: string): IpAddress | undefined {
  const [address = '', zone] = text.split('%');
  const parsed = parseIpAddress(address);
  if (parsed === undefined || isLinkLocal(parsed) !== (zone === MESH_ZONE)) return undefined;
  return zone === undefined || zone === MESH_ZONE ? parsed : undefined;
}
