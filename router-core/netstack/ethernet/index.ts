/**
 * What the netstack uses of ethernet/.
 *
 * @module
 */
export type {
  ClaimState,
  EthernetPortConfig,
  EthernetPorts,
  EthernetPortView,
  NeighborState,
  NeighborView,
  NextHopConfig,
} from './contract.ts';
export { Ethernet } from './ports.ts';
