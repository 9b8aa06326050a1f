/**
 * The Ethernet switch of a node of the mesh: who is where, and what goes on.
 *
 * @module
 */
export { BroadcastTree } from './broadcast-tree.ts';
export { DuplicateCache } from './duplicate-cache.ts';
export { type MacEntry, MacTable } from './mac-table.ts';
