/**
 * Options of a peering's BGP sessions: what people write, what is wrong with it, what changing it costs.
 *
 * Not standardized; BGP specification §1 (which there are), §6.7 (what they mean), §3 (effects), §15
 * (limits). What each does on the wire stands in bgp/: routes/route-options.ts and neighbor-config.ts.
 *
 * Keys of one family may stand in the peering, for both, or under `ipv4` or `ipv6`, which win.
 *
 * Invariant: every option has an effect in OPTION_EFFECTS, so no change is without a class.
 *
 * @module
 */
import { asnFromNumber } from '../base/asn.ts';
import type { Finding } from '../base/errors.ts';
import { isLinkLocal, parseIpAddress, parseIpPrefix } from '../base/ip-address.ts';
import { pickPresent } from '../base/pick.ts';
import { printable } from '../base/printable.ts';
import { checkSchema, type Field, type Schema } from '../base/schema.ts';
import {
  CONNECT_RETRY_SECONDS_DEFAULT,
  FAMILIES,
  type Family,
  type FamilyOptions,
  HOLD_TIME_SECONDS_DEFAULT,
  NEXT_HOP_SELF,
  PREFIX_LIMIT_ACTIONS,
  PREFIX_LIMIT_DEFAULTS,
  PRIVATE_AS_REMOVALS,
  type RouteOptions,
  routeOptionsOf,
} from '../bgp/options.ts';
import { canonicalJson } from './digest.ts';
import { DYNAMIC_NEIGHBORS_DEFAULT, DYNAMIC_NEIGHBORS_MAX } from './limits.ts';
import type {
  DynamicNeighborSettings,
  FamilySessionOptions,
  OptionEffect,
  OptionsInForce,
  PrefixLimitInForce,
  SessionOptions,
} from './session-option-types.ts';

const FAMILY_EFFECTS: Readonly<Record<keyof Required<FamilySessionOptions>, OptionEffect>> = {
  allowasIn: 'refresh',
  nextHopSelf: 'refresh',
  nextHopKeep: 'refresh',
  defaultOriginate: 'refresh',
  importTable: 'refresh',
  prefixLimit: 'hot',
};

export const OPTION_EFFECTS: Readonly<
  Record<keyof Omit<Required<SessionOptions>, Family>, OptionEffect>
> = {
  ...FAMILY_EFFECTS,
  description: 'hot',
  sourceAddress: 'restart',
  // With its tunnel: the other end is another one.
  multihop: 'restart',
  localAs: 'restart',
  removePrivateAs: 'refresh',
  asOverride: 'refresh',
  enforceFirstAs: 'refresh',
  blackhole: 'refresh',
  holdTime: 'restart',
  keepaliveTime: 'restart',
  connectRetryTime: 'hot',
  // Of the dynamic sessions alone.
  dynamicNeighbors: 'restart',
};

/** All keys of a peering that are session options. */
export const SESSION_OPTION_KEYS: readonly (keyof SessionOptions)[] = [
  ...(Object.keys(OPTION_EFFECTS) as (keyof SessionOptions)[]),
  ...FAMILIES,
];

const RESTART_AFTER_SECONDS_DEFAULT = 300;
const RECEIVED_MAX = 1_000_000;
const ACCEPTED_MAX = 200_000;

const NUMBER: Schema = { kind: 'number', minimum: 0 };
const FAMILY_FIELDS: Readonly<Record<keyof Required<FamilySessionOptions>, Field>> = {
  allowasIn: NUMBER,
  nextHopSelf: { kind: 'string', oneOf: NEXT_HOP_SELF },
  nextHopKeep: { kind: 'boolean' },
  defaultOriginate: { kind: 'boolean' },
  importTable: { kind: 'boolean' },
  prefixLimit: {
    kind: 'object',
    fields: {
      received: NUMBER,
      accepted: NUMBER,
      action: { kind: 'string', oneOf: PREFIX_LIMIT_ACTIONS },
      restartAfter: NUMBER,
      warnAt: NUMBER,
    },
  },
};

/** The keys of a peering in the configuration file. */
export const SESSION_OPTION_FIELDS: Readonly<Record<keyof Required<SessionOptions>, Field>> = {
  ...FAMILY_FIELDS,
  description: { kind: 'string', maxLength: 200 },
  sourceAddress: { kind: 'string', maxLength: 64 },
  multihop: NUMBER,
  localAs: {
    kind: 'object',
    fields: {
      asn: { ...NUMBER, required: true },
      noPrepend: { kind: 'boolean' },
      replaceAs: { kind: 'boolean' },
    },
  },
  removePrivateAs: { kind: 'string', oneOf: PRIVATE_AS_REMOVALS },
  asOverride: { kind: 'boolean' },
  enforceFirstAs: { kind: 'boolean' },
  blackhole: { kind: 'boolean' },
  holdTime: NUMBER,
  keepaliveTime: NUMBER,
  connectRetryTime: NUMBER,
  ipv4: { kind: 'object', fields: FAMILY_FIELDS },
  ipv6: { kind: 'object', fields: FAMILY_FIELDS },
  dynamicNeighbors: {
    kind: 'object',
    fields: {
      range: { kind: 'string', maxLength: 64, required: true },
      asns: { kind: 'array', items: NUMBER, maxItems: 64, required: true },
      max: NUMBER,
    },
  },
};

/** Returns the session options among the keys of a peering, without those that are not there. */
export const pickSessionOptions = (peering: SessionOptions): SessionOptions =>
  pickPresent(peering, SESSION_OPTION_KEYS);

/** Returns the strongest effect of what differs; undefined: no session option does. */
export function effectOfChange(
  before: SessionOptions,
  after: SessionOptions,
): OptionEffect | undefined {
  const differs = <Options extends object>(a: Options, b: Options, key: keyof Options): boolean =>
    canonicalJson(a[key] ?? null) !== canonicalJson(b[key] ?? null);
  const effects = keysOf(OPTION_EFFECTS).flatMap((key) =>
    differs(before, after, key) ? [OPTION_EFFECTS[key]] : [],
  );
  for (const family of FAMILIES) {
    const [a, b] = [before[family] ?? {}, after[family] ?? {}];
    for (const key of keysOf(FAMILY_EFFECTS))
      if (differs(a, b, key)) effects.push(FAMILY_EFFECTS[key]);
  }
  return (['restart', 'refresh', 'hot'] as const).find((effect) => effects.includes(effect));
}

/** What the rules need to know beside the options. */
export type OptionContext = {
  readonly nodeAsn: number;
  readonly nodeAddresses: readonly string[];
  readonly asn: number;
  readonly sessions: string;
  /** Segments of its neighbors must prove something: a key, or how near they come from. */
  readonly isGuarded: boolean;
  readonly hasIpv6Address: boolean;
  readonly hasBfd: boolean;
  readonly isRouteServerClient: boolean;
};

/** Returns what the rules need to know of a peering and its node. */
export const optionContextOf = (
  peering: {
    readonly asn: number;
    readonly sessions: string;
    readonly password?: string;
    readonly tcpAo?: readonly unknown[];
    readonly ttlSecurity?: boolean;
    readonly addresses?: { readonly ipv6?: string };
    readonly bfd?: object;
    readonly routeServerClient?: boolean;
  },
  nodeAsn: number,
  nodeAddresses: readonly string[],
): OptionContext => ({
  nodeAsn,
  nodeAddresses,
  asn: peering.asn,
  sessions: peering.sessions,
  isGuarded:
    peering.password !== undefined || peering.tcpAo !== undefined || peering.ttlSecurity === true,
  hasIpv6Address: peering.addresses?.ipv6 !== undefined,
  hasBfd: peering.bfd !== undefined,
  isRouteServerClient: peering.routeServerClient === true,
});

/** Returns everything wrong with the session options of a peering. */
export function checkSessionOptions(options: SessionOptions, context: OptionContext): Finding[] {
  const wrongShape = checkSchema(
    { kind: 'object', fields: SESSION_OPTION_FIELDS },
    pickSessionOptions(options),
  );
  if (wrongShape.length > 0) return wrongShape;
  const findings: Finding[] = [];
  const error: Complain = (path, message) =>
    findings.push({ code: 'SESSION_OPTION_INVALID', path, message, severity: 'error' });
  const warning: Complain = (path, message) =>
    findings.push({ code: 'SESSION_OPTION_RISKY', path, message, severity: 'warning' });

  const { description = '' } = options;
  if (printable(description) !== description)
    error('description', 'A description is one line of printable characters.');
  checkSourceAddress(options, context, error);
  checkMultihop(options, context, error);
  checkLocalAs(options, context, error);
  checkPathKept(options, context, error);
  checkTimes(options, error);
  for (const [prefix, scope] of scopesOf(options)) checkFamilyOptions(scope, prefix, error);
  checkDynamicNeighbors(options, context, error);
  if (options.removePrivateAs !== undefined)
    warning(
      'removePrivateAs',
      'Every AS of DN42 is private: a peer in DN42 would see all routes as ours.',
    );
  return findings;
}

type Complain = (path: string, message: string) => void;

/** Where options of one family may stand: for both, or for one; each with what its paths begin with. */
const scopesOf = (
  options: SessionOptions,
): readonly (readonly [string, FamilySessionOptions])[] => [
  ['', options],
  ...FAMILIES.map((family) => [`${family}.`, options[family] ?? {}] as const),
];

const isWithin = (n: number | undefined, low: number, high: number): boolean =>
  n === undefined || (Number.isInteger(n) && n >= low && n <= high);

function checkSourceAddress(
  { sourceAddress }: SessionOptions,
  { nodeAddresses, sessions }: OptionContext,
  error: Complain,
): void {
  if (sourceAddress === undefined) return;
  const path = 'sourceAddress';
  if (sessions !== 'separate' && sessions !== 'ipv4-only')
    error(path, 'A source address is for the session over IPv4; over IPv6 it is ourLinkLocal.');
  else if (parseIpAddress(sourceAddress)?.family !== 4 || !nodeAddresses.includes(sourceAddress))
    error(path, `${printable(sourceAddress, 60)} is none of the IPv4 addresses of this node.`);
}

function checkMultihop(
  { multihop, dynamicNeighbors }: SessionOptions,
  { sessions, hasIpv6Address, hasBfd, nodeAddresses }: OptionContext,
  error: Complain,
): void {
  if (multihop === undefined) return;
  if (!isWithin(multihop, 2, 255)) error('multihop', 'A session goes over 2 to 255 hops.');
  if (sessions === 'none' || dynamicNeighbors !== undefined)
    error('multihop', 'Over several hops a neighbor is known beforehand, with its address.');
  if (hasBfd) error('multihop', 'BFD over several hops (RFC 5883) is not there; leave bfd out.');
  if (sessions === 'ipv4-only' || sessions === 'none') return;
  if (!hasIpv6Address)
    error(
      'addresses.ipv6',
      'Over several hops a session over IPv6 needs the address of their router.',
    );
  else if (!nodeAddresses.some(isGlobalIpv6))
    error('multihop', 'Over several hops a session over IPv6 needs an IPv6 address of this node.');
}

const isGlobalIpv6 = (text: string): boolean => {
  const address = parseIpAddress(text);
  return address?.family === 6 && !isLinkLocal(address);
};

function checkLocalAs(
  { localAs }: SessionOptions,
  { nodeAsn, asn }: OptionContext,
  error: Complain,
): void {
  if (localAs === undefined) return;
  if (asnFromNumber(localAs.asn) === undefined)
    error('localAs.asn', `${localAs.asn} is not an AS number.`);
  else if (localAs.asn === nodeAsn)
    error('localAs.asn', `AS${nodeAsn} is our own; localAs is for another one.`);
  else if (localAs.asn === asn)
    error('localAs.asn', `With AS${asn} on both sides the session would be an internal one.`);
}

/** Options of other networks' sessions, and those a route server, which leaves paths as they are, must not have. */
const REWRITES_PATH = ['localAs', 'removePrivateAs', 'asOverride'] as const;

function checkPathKept(
  options: SessionOptions,
  { asn, nodeAsn, isRouteServerClient }: OptionContext,
  error: Complain,
): void {
  const isInternal = asn === nodeAsn;
  if (!isInternal && !isRouteServerClient) return;
  for (const key of REWRITES_PATH)
    if (options[key] !== undefined && options[key] !== false)
      error(
        key,
        isInternal
          ? `${key} is for sessions with other networks.`
          : `A route server changes no path (RFC 7947); ${key} would.`,
      );
  if (isRouteServerClient)
    for (const [prefix, { nextHopSelf }] of scopesOf(options))
      if (nextHopSelf === 'always')
        error(
          `${prefix}nextHopSelf`,
          'A route server keeps the next hop of its clients (RFC 7947).',
        );
}

function checkTimes(options: SessionOptions, error: Complain): void {
  const { holdTime = HOLD_TIME_SECONDS_DEFAULT, keepaliveTime, connectRetryTime } = options;
  if (holdTime !== 0 && !isWithin(holdTime, 3, 65535))
    error('holdTime', 'A hold time is 0 (off) or 3 to 65,535 seconds.');
  else if (!isWithin(keepaliveTime, 1, Math.floor(holdTime / 3)))
    error(
      'keepaliveTime',
      `Keepalives come at least three times in a hold time of ${holdTime} s, and at most once a second.`,
    );
  if (!isWithin(connectRetryTime, 1, 3600))
    error('connectRetryTime', 'The time between dials is 1 to 3,600 seconds.');
}

function checkFamilyOptions(
  { allowasIn, prefixLimit = {} }: FamilySessionOptions,
  prefix: string,
  error: Complain,
): void {
  if (!isWithin(allowasIn, 0, 10))
    error(`${prefix}allowasIn`, 'A path may hold our AS 0 to 10 times.');
  const { received, accepted, restartAfter, warnAt } = prefixLimit;
  const path = `${prefix}prefixLimit`;
  if (!isWithin(received, 1, RECEIVED_MAX))
    error(`${path}.received`, 'A limit of received prefixes is 1 to 1,000,000.');
  if (!isWithin(accepted, 1, ACCEPTED_MAX))
    error(`${path}.accepted`, 'A limit of accepted prefixes is 1 to 200,000.');
  if (!isWithin(restartAfter, 1, 86_400))
    error(`${path}.restartAfter`, 'A session restarts after 1 to 86,400 seconds.');
  if (!isWithin(warnAt, 1, 100)) error(`${path}.warnAt`, 'The warning comes at 1 to 100 percent.');
}

function checkDynamicNeighbors(
  { dynamicNeighbors }: SessionOptions,
  { nodeAsn, isGuarded }: OptionContext,
  error: Complain,
): void {
  if (dynamicNeighbors === undefined) return;
  const path = 'dynamicNeighbors';
  const { range, asns, max } = dynamicNeighbors;
  if (parseIpPrefix(range) === undefined)
    error(`${path}.range`, `${printable(range, 60)} is not a prefix with zero host bits.`);
  if (asns.length === 0) error(`${path}.asns`, 'Dynamic neighbors need a list of AS numbers.');
  for (const [i, asn] of asns.entries())
    if (asnFromNumber(asn) === undefined || asn === nodeAsn)
      error(`${path}.asns[${i}]`, `${asn} is not the AS number of another network.`);
  if (!isWithin(max, 1, DYNAMIC_NEIGHBORS_MAX))
    error(`${path}.max`, `There may be 1 to ${DYNAMIC_NEIGHBORS_MAX} dynamic neighbors.`);
  if (isGuarded)
    error(
      path,
      'password, tcpAo and ttlSecurity are for neighbors whose address is known beforehand.',
    );
}

/** Returns the prefix limit of one family, all of it. */
export function prefixLimitOf(
  options: SessionOptions & { readonly importLimit: number },
  family: Family,
): PrefixLimitInForce {
  return {
    accepted: options.importLimit,
    action: PREFIX_LIMIT_DEFAULTS.action,
    restartAfter: RESTART_AFTER_SECONDS_DEFAULT,
    warnAt: PREFIX_LIMIT_DEFAULTS.warnAtPercent,
    ...options.prefixLimit,
    ...options[family]?.prefixLimit,
  };
}

/** Returns what the options mean for routes, by family. */
export function routeOptionsIn(
  options: SessionOptions & { readonly importLimit: number },
  nodeAsn: number,
): FamilyOptions {
  return { ipv4: ofFamily('ipv4'), ipv6: ofFamily('ipv6') };

  function ofFamily(family: Family): Partial<RouteOptions> {
    const { localAs } = options;
    const { received, accepted, action, warnAt } = prefixLimitOf(options, family);
    const { prefixLimit: _both, ...common } = pickFamilyOptions(options);
    const { prefixLimit: _own, ...own } = pickFamilyOptions(options[family] ?? {});
    return {
      ...common,
      ...own,
      ...pickPresent(options, ['removePrivateAs', 'asOverride', 'enforceFirstAs', 'blackhole']),
      ...(localAs === undefined
        ? {}
        : { prependsLocalAs: !localAs.noPrepend, showsAs: localAs.replaceAs ? 0 : nodeAsn }),
      prefixLimit: {
        ...(received === undefined ? {} : { received }),
        accepted,
        action,
        warnAtPercent: warnAt,
      },
    };
  }
}

const pickFamilyOptions = (options: FamilySessionOptions): FamilySessionOptions =>
  pickPresent(options, keysOf(FAMILY_EFFECTS));

const keysOf = <Key extends string>(record: Readonly<Record<Key, unknown>>): Key[] =>
  Object.keys(record) as Key[];

/** Returns the options of a session for people and programs. */
export function optionsInForce(
  options: SessionOptions & { readonly importLimit: number },
  families: readonly Family[],
  nodeAsn: number,
): OptionsInForce {
  const { holdTime = HOLD_TIME_SECONDS_DEFAULT } = options;
  const inForce = families.map((family) => {
    const all = routeOptionsOf(routeOptionsIn(options, nodeAsn), family);
    const { prependsLocalAs: _prepends, showsAs: _shows, ...shown } = all;
    return [family, { ...shown, prefixLimit: prefixLimitOf(options, family) }];
  });
  return {
    description: options.description ?? null,
    multihop: options.multihop ?? null,
    localAs: options.localAs?.asn ?? nodeAsn,
    holdTime,
    keepaliveTime: options.keepaliveTime ?? Math.floor(holdTime / 3),
    connectRetryTime: options.connectRetryTime ?? CONNECT_RETRY_SECONDS_DEFAULT,
    families: Object.fromEntries(inForce),
  };
}

/** How many dynamic neighbors there may be at once. */
export const dynamicNeighborsMax = ({ max }: DynamicNeighborSettings): number =>
  max ?? DYNAMIC_NEIGHBORS_DEFAULT;
