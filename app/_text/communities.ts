/**
 * What a community means, as message key and values; the words are in messages `community`.
 *
 * Standard: DN42 communities 64511:x (portal specification §11); RFC 1997, 7999, 8326, 9494 for the
 * well-known ones. Large communities of our own AS: portal specification §11.6.
 *
 * @module
 */
import { countryOfNumber } from './countries.ts';

export type CommunityMeaning =
  | {
      readonly kind: 'latency' | 'bandwidth';
      readonly bound: string;
      readonly over: boolean;
    }
  | { readonly kind: 'encryption'; readonly level: '31' | '32' | '33' | '34' | '35' | '36' }
  | { readonly kind: 'link'; readonly type: '81' | '82' | '83' | '84' | '85' | '89' }
  | { readonly kind: 'loss'; readonly level: '91' | '92' | '93' | '94' }
  | { readonly kind: 'region'; readonly region: Region }
  | { readonly kind: 'country'; readonly alpha2: string }
  | { readonly kind: 'wellKnown'; readonly name: (typeof WELL_KNOWN)[keyof typeof WELL_KNOWN] }
  | { readonly kind: 'learntFrom'; readonly relation: '0' | '1' | '2' };

type Region = (typeof REGIONS)[number];

const DN42_COMMON = 64511;
/** e^x in milliseconds, rounded as the table of the specification prints it. */
const LATENCY_BOUNDS = ['2.7', '7.3', '20', '55', '148', '403', '1,097', '2,981'];
const BANDWIDTH_BOUNDS = [
  '0.1 Mbit/s',
  '1 Mbit/s',
  '10 Mbit/s',
  '100 Mbit/s',
  '1 Gbit/s',
  '10 Gbit/s',
  '100 Gbit/s',
  '1 Tbit/s',
  '10 Tbit/s',
];
const ENCRYPTION = ['31', '32', '33', '34', '35', '36'] as const;
const LINK_TYPES = ['81', '82', '83', '84', '85', '89'] as const;
const LOSS = ['91', '92', '93', '94'] as const;
const REGIONS = [
  '41',
  '42',
  '43',
  '44',
  '45',
  '46',
  '47',
  '48',
  '49',
  '50',
  '51',
  '52',
  '53',
  '54',
  '55',
  '56',
  '57',
] as const;
const WELL_KNOWN = {
  '65535:65281': 'noExport',
  '65535:65282': 'noAdvertise',
  '65535:65284': 'noPeer',
  '65535:0': 'gracefulShutdown',
  '65535:666': 'blackhole',
  '65535:6': 'stale',
  '65535:7': 'noStale',
} as const;
/** Large communities with which we mark where a route was learnt. */
const LEARNT_FROM = 104;

/** Returns the meaning of `64511:3` or `4242426000:104:1`; undefined when it is not known. */
export function meaningOfCommunity(text: string, ourAsn: number): CommunityMeaning | undefined {
  const parts = text.split(':').map(Number);
  const [high, low, third] = parts;
  if (parts.length === 3) {
    const isRelation = third === 0 || third === 1 || third === 2;
    return high === ourAsn && low === LEARNT_FROM && isRelation
      ? { kind: 'learntFrom', relation: `${third}` }
      : undefined;
  }
  const wellKnown = WELL_KNOWN[text as keyof typeof WELL_KNOWN];
  if (wellKnown !== undefined) return { kind: 'wellKnown', name: wellKnown };
  return high === DN42_COMMON && low !== undefined ? commonMeaning(low) : undefined;
}

/** 64511 first by value, then the rest as written. */
export const sortCommunities = (communities: readonly string[]): string[] =>
  [...communities].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b, 'en', { numeric: true }));

const rank = (text: string): number => (text.startsWith(`${DN42_COMMON}:`) ? 0 : 1);

function commonMeaning(value: number): CommunityMeaning | undefined {
  const word = String(value);
  if (value >= 1 && value <= 9) {
    const over = value === 9;
    return { kind: 'latency', bound: LATENCY_BOUNDS[over ? 7 : value - 1] as string, over };
  }
  if (value >= 21 && value <= 29) {
    return { kind: 'bandwidth', bound: BANDWIDTH_BOUNDS[value - 21] as string, over: true };
  }
  const level = ENCRYPTION.find((known) => known === word);
  if (level !== undefined) return { kind: 'encryption', level };
  const type = LINK_TYPES.find((known) => known === word);
  if (type !== undefined) return { kind: 'link', type };
  const loss = LOSS.find((known) => known === word);
  if (loss !== undefined) return { kind: 'loss', level: loss };
  const region = REGIONS.find((known) => known === word);
  if (region !== undefined) return { kind: 'region', region };
  const alpha2 = value > 1000 && value < 2000 ? countryOfNumber(value - 1000) : undefined;
  return alpha2 === undefined ? undefined : { kind: 'country', alpha2 };
}
