/**
 * Parts that configurations of edges and supernodes share.
 *
 * Not standardized; names and meaning are EtherGuard's.
 *
 * @module
 */
import { parseEndpoint } from '../../../base/endpoint.ts';
import { parseIpAddress } from '../../../base/ip-address.ts';
import { SECONDS_MAX } from './limits.ts';
import { splitWords } from './post-script.ts';
import { manualLatency } from './tables.ts';
import {
  decimal,
  fields,
  flag,
  integer,
  type Notes,
  type Reader,
  type ReadOf,
  text,
  wordFor,
} from './value-readers.ts';

/** Seconds; what 0 and less mean is told where each is used. */
export const seconds = decimal(-SECONDS_MAX, SECONDS_MAX);
export const port = integer(0, 65535);
export const unsigned32 = integer(0, 0xffffffff);
/** An edge's own cost in milliseconds; -1 means "your own" where a supernode says it. */
export const additionalCost = decimal(-1e9, 1e9);

/** The family of addresses that a name is asked for first; 0 leaves it to the resolver. */
export const preferredFamily: Reader<0 | 4 | 6> = (value, path, notes) => {
  const family = integer(0, 6)(value, path, notes);
  if (family === 0 || family === 4 || family === 6) return family;
  notes.error('CONFIG_TYPE', path, 'must be 0, 4 or 6.');
  return 0;
};

/** Which address families are off, and where to listen; empty is every address. */
export const disabledAf = fields({
  IPv4: flag,
  IPv6: flag,
  ListenIPv4: text(64),
  ListenIPv6: text(64),
});

/** How much is told; the switches are topics of their own. */
export const logLevel = fields({
  LogLevel: wordFor(
    { debug: 'debug', verbose: 'debug', error: 'error', silent: 'silent' },
    'error',
  ),
  LogTransit: flag,
  LogNormal: flag,
  DumpNormal: flag,
  LogControl: flag,
  LogInternal: flag,
  LogNTP: flag,
});

/** When the table of next hops is computed anew. */
export const graphRecalculateSetting = fields({
  /** Never: the table is `NextHopTable`. */
  StaticMode: flag,
  /** Milliseconds that count instead of measured ones; 65535 is any node. */
  ManualLatency: manualLatency,
  /** Milliseconds by which a latency may move without consequence. */
  JitterTolerance: decimal(-1e9, 1e9),
  JitterToleranceMultiplier: decimal(0, 1e6),
  TimeoutCheckInterval: seconds,
  RecalculateCoolDown: seconds,
});

export type DisabledAf = ReadOf<typeof disabledAf>;

/** Notes where to listen that is no address: the original then listens on every address. */
export function checkListenAddresses(af: DisabledAf, notes: Notes): void {
  for (const [name, family] of [
    ['ListenIPv4', 4],
    ['ListenIPv6', 6],
  ] as const) {
    if (af[name] !== '' && parseIpAddress(af[name])?.family !== family)
      notes.error('ADDRESS_SYNTAX', `DisabledAf.${name}`, `must be an IPv${family} address.`);
  }
}

/** Notes an endpoint that is neither empty nor `host:port`. */
export function checkEndpoint(endpoint: string, path: string, notes: Notes): void {
  if (endpoint !== '' && parseEndpoint(endpoint) === undefined)
    notes.error('ENDPOINT_SYNTAX', path, 'must be host:port or [IPv6]:port.');
}

/** Notes a post script whose quotes do not match. */
export function checkPostScript(script: string, notes: Notes): void {
  const split = splitWords(script);
  if ('problem' in split) notes.error('MESH_SCRIPT', 'PostScript', split.problem);
}

/** Notes a name that cannot be that of a socket file. */
export function checkNodeName(name: string, notes: Notes): void {
  if (/^\.{1,2}$|\//.test(name))
    notes.error('NAME_INVALID', 'NodeName', 'also names a socket file: it may not have a slash.');
}

/** Calls `twice` for the second and later items with one value; `undefined` is no value. */
export function findRepeated<T>(
  items: readonly T[],
  valueIn: (item: T) => string | number | undefined,
  twice: (index: number, first: number) => void,
): void {
  const seen = new Map<string | number, number>();
  for (const [i, item] of items.entries()) {
    const value = valueIn(item);
    if (value === undefined) continue;
    const first = seen.get(value);
    if (first === undefined) seen.set(value, i);
    else twice(i, first);
  }
}
