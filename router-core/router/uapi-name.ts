/**
 * What our tunnels are called where `wg show` looks for them.
 *
 * Not standardized; Linux interface names have at most 15 characters (IFNAMSIZ with its end), and
 * wireguard-tools cut what is longer.
 *
 * @module
 */

/** As wg-quick accepts interface names; never `.` or `..`, never a path. */
const INTERFACE_NAME = /^(?!\.{1,2}$)[A-Za-z0-9_=+.-]{1,15}$/;

export const isInterfaceName = (text: string): boolean => INTERFACE_NAME.test(text);

/** Returns a node's name as an interface name: its first 15 characters, without a hyphen at the end. */
export function interfaceNameOfNode(node: string): string {
  const cut = node.slice(0, 15);
  return cut.replace(/-+$/, '') || cut;
}
