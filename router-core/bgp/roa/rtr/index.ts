/**
 * What other rooms may use of bgp/roa/rtr/; they reach it by bgp/index.ts.
 *
 * @module
 */
export { RtrClient, type RtrOutput } from './rtr-client.ts';
