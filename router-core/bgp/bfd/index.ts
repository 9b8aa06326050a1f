/**
 * What other rooms may use of bgp/bfd/; they reach it by bgp/index.ts.
 *
 * @module
 */
export { type Bfd, type BfdDatagram, type BfdEvent, type BfdPath, createBfd } from './bfd.ts';
export { BFD_CONTROL_PORT, type BfdState } from './constants.ts';
export type { BfdParameters, BfdView } from './session.ts';
