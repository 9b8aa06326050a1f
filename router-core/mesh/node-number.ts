/**
 * Numbers by which nodes of the mesh are known: unsigned, 16 bits.
 *
 * Standard: EtherGuard wire protocol (`path/path.go` of etherguard-go names the special ones).
 *
 *   0 … 65531   a node with an Ethernet port (an edge)
 *   65532       no node: "no route"
 *   65533       the supernode
 *   65534       spread: everybody, by flooding with a check for duplicates
 *   65535       broadcast: everybody, along the tree of shortest paths
 *
 * @module
 */

declare const brand: unique symbol;

export type NodeNumber = number & { readonly [brand]: 'NodeNumber' };

export const NO_NODE: NodeNumber = 65532 as NodeNumber;
export const SUPERNODE: NodeNumber = 65533 as NodeNumber;
export const SPREAD: NodeNumber = 65534 as NodeNumber;
export const BROADCAST: NodeNumber = 65535 as NodeNumber;

/** The first number that is no edge's. */
const FIRST_SPECIAL: number = NO_NODE;

/** Whether an edge may have this number. */
export const isEdgeNumber = (value: number): value is NodeNumber =>
  Number.isInteger(value) && value >= 0 && value < FIRST_SPECIAL;
