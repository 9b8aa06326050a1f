/**
 * The small texts inside a policy: prefixes, AS numbers, path masks and communities, as patterns.
 *
 * Not standardized; written as BIRD's users write them (`{min,max}`, `+`, `-`, `*`, `?`).
 *
 * Invariant: a parser returns undefined for what it does not understand, and never throws.
 *
 * @module
 */
import { type IpPrefix, parseIpPrefix, sharesBits } from '../../../base/ip-address.ts';

export type Range = { readonly min: number; readonly max: number };
export const inRange = (range: Range, value: number): boolean =>
  value >= range.min && value <= range.max;

/** A prefix and the lengths that count: longer ones inside it, shorter ones around it. */
export type PrefixPattern = {
  readonly prefix: IpPrefix;
  readonly min: number;
  readonly max: number;
};

/** Reads `P`, `P+` (and longer), `P-` (and shorter) or `P{min,max}`. */
export function parsePrefixPattern(text: string): PrefixPattern | undefined {
  const match = /^([0-9a-fA-F.:]+\/\d{1,3})(\+|-|\{(\d{1,3}),(\d{1,3})\})?$/.exec(text.trim());
  const prefix = match?.[1] === undefined ? undefined : parseIpPrefix(match[1]);
  if (match === null || prefix === undefined) return undefined;
  const longest = prefix.family === 4 ? 32 : 128;
  const [, , suffix, low, high] = match;
  if (suffix === undefined) return { prefix, min: prefix.length, max: prefix.length };
  if (suffix === '+') return { prefix, min: prefix.length, max: longest };
  if (suffix === '-') return { prefix, min: 0, max: prefix.length };
  const min = Number(low);
  const max = Number(high);
  return min <= max && max <= longest ? { prefix, min, max } : undefined;
}

/** As BIRD: the bits both have agree, and the length counts. */
export const matchesPrefix = ({ prefix, min, max }: PrefixPattern, route: IpPrefix): boolean =>
  prefix.family === route.family &&
  route.length >= min &&
  route.length <= max &&
  sharesBits(prefix.bytes, route.bytes, Math.min(prefix.length, route.length));

/** AS numbers by number and by what they are to us. */
export type AsSet = {
  readonly ranges: readonly Range[];
  readonly hasOwn: boolean;
  readonly hasPeer: boolean;
};

const AS_MAX = 0xffffffff;

/** Reads `4242420000`, `AS4242420000` or `4242420000-4242429999`. */
export function parseAsRange(text: string | number): Range | undefined {
  const match = /^(?:AS)?(\d{1,10})(?:-(?:AS)?(\d{1,10}))?$/i.exec(String(text).trim());
  if (match === null) return undefined;
  const min = Number(match[1]);
  const max = match[2] === undefined ? min : Number(match[2]);
  return min <= max && max <= AS_MAX ? { min, max } : undefined;
}

/** One place of a path mask. */
export type MaskToken = 'any-one' | 'any-many' | Range;

/** Reads a mask of AS numbers, ranges, `?` (one AS) and `*` (any number of them). */
export function parsePathMask(text: string): readonly MaskToken[] | undefined {
  const words = text.trim().split(/\s+/).filter(Boolean);
  const tokens = words.map((word) =>
    word === '*' ? 'any-many' : word === '?' ? 'any-one' : parseAsRange(word),
  );
  return words.length <= 64 && tokens.every((token) => token !== undefined)
    ? (tokens as MaskToken[])
    : undefined;
}

/** Whether a whole path fits a mask. At most length × tokens steps: no backtracking beyond the last `*`. */
export function matchesMask(mask: readonly MaskToken[], path: readonly number[]): boolean {
  let token = 0;
  let star = -1;
  let resume = 0;
  for (let i = 0; i < path.length; ) {
    const wanted = mask[token];
    if (wanted === 'any-many') {
      star = token++;
      resume = i;
    } else if (
      wanted !== undefined &&
      (wanted === 'any-one' || inRange(wanted, path[i] as number))
    ) {
      token++;
      i++;
    } else if (star === -1) return false;
    else {
      token = star + 1;
      i = ++resume;
    }
  }
  while (mask[token] === 'any-many') token++;
  return token === mask.length;
}

export type CommunityKind = 'standard' | 'large' | 'route-target' | 'route-origin' | 'generic';
/** Standard and extended ones have two parts, large ones three. */
export type CommunityPattern = { readonly kind: CommunityKind; readonly parts: readonly Range[] };
/** One community as numbers: the kind says how many. */
export type Community = { readonly kind: CommunityKind; readonly parts: readonly number[] };

const WORD_MAX = 0xffffffff;
const WELL_KNOWN: Readonly<Record<string, readonly [number, number]>> = {
  'graceful-shutdown': [65535, 0],
  'llgr-stale': [65535, 6],
  'no-llgr': [65535, 7],
  blackhole: [65535, 666],
  'no-export': [65535, 65281],
  'no-advertise': [65535, 65282],
  'no-export-subconfed': [65535, 65283],
  'no-peer': [65535, 65284],
};

/** Reads `64511:3`, `64511:1-9`, `A:*:B` (large), `rt:42:*`, `ro:42:1`, `generic:0x43000000:*`, `no-export`. */
export function parseCommunityPattern(text: string): CommunityPattern | undefined {
  const known = Object.hasOwn(WELL_KNOWN, text) ? WELL_KNOWN[text] : undefined;
  if (known !== undefined)
    return { kind: 'standard', parts: known.map((n) => ({ min: n, max: n })) };
  // BIRD's own brackets are welcome.
  const words = text
    .trim()
    .replace(/^\((.*)\)$/, '$1')
    .split(/\s*[:,]\s*/);
  const named = { rt: 'route-target', ro: 'route-origin', generic: 'generic' } as const;
  const [first = ''] = words;
  const kind: CommunityKind = Object.hasOwn(named, first)
    ? named[first as keyof typeof named]
    : words.length === 3
      ? 'large'
      : 'standard';
  const values = Object.hasOwn(named, first) ? words.slice(1) : words;
  if (values.length !== (kind === 'large' ? 3 : 2)) return undefined;
  const limit = kind === 'standard' ? 0xffff : WORD_MAX;
  const parts = values.map((word) => parsePart(word, limit));
  return parts.every((part) => part !== undefined) ? { kind, parts: parts as Range[] } : undefined;
}

function parsePart(word: string, limit: number): Range | undefined {
  if (word === '*') return { min: 0, max: limit };
  const match = /^(\d{1,10}|0x[0-9a-fA-F]{1,8})(?:-(\d{1,10}))?$/.exec(word);
  if (match === null) return undefined;
  const min = Number(match[1]);
  const max = match[2] === undefined ? min : Number(match[2]);
  return min <= max && max <= limit ? { min, max } : undefined;
}

export const isExact = (part: Range): boolean => part.min === part.max;

/** The one community a pattern without wildcards stands for, or undefined. */
function exactCommunity(pattern: CommunityPattern): Community | undefined {
  if (!pattern.parts.every(isExact)) return undefined;
  return { kind: pattern.kind, parts: pattern.parts.map((part) => part.min) };
}

/** Reads one community, or undefined when it is none or a pattern of many. */
export function parseCommunity(text: string): Community | undefined {
  const pattern = parseCommunityPattern(text);
  return pattern === undefined ? undefined : exactCommunity(pattern);
}

export function matchesCommunity(pattern: CommunityPattern, community: Community): boolean {
  if (pattern.kind !== community.kind) return false;
  for (let i = 0; i < pattern.parts.length; i++)
    if (!inRange(pattern.parts[i] as Range, community.parts[i] as number)) return false;
  return true;
}

/** What becomes of a community: the parts that matched a wildcard stand for those of the target, in order. */
export type Translation = {
  readonly from: CommunityPattern;
  readonly kind: CommunityKind;
  /** A value, or the place in `from` it is taken from. */
  readonly parts: readonly (number | { readonly part: number })[];
};

/** Reads a translation; every `*` of `to` needs a wildcard or range in `from`. */
export function parseTranslation(fromText: string, toText: string): Translation | undefined {
  const from = parseCommunityPattern(fromText);
  const to = parseCommunityPattern(toText);
  if (from === undefined || to === undefined) return undefined;
  const wild = from.parts.flatMap((part, i) => (isExact(part) ? [] : [i]));
  const parts: (number | { part: number })[] = [];
  for (const part of to.parts) {
    if (isExact(part)) parts.push(part.min);
    else {
      const place = wild.shift();
      const source = place === undefined ? undefined : from.parts[place];
      // What was matched must be a value the target can hold.
      if (place === undefined || source === undefined || part.min !== 0 || source.max > part.max)
        return undefined;
      parts.push({ part: place });
    }
  }
  return { from, kind: to.kind, parts };
}

export const translated = (translation: Translation, community: Community): Community => ({
  kind: translation.kind,
  parts: translation.parts.map((part) =>
    typeof part === 'number' ? part : (community.parts[part.part] as number),
  ),
});

const KIND_WORDS: Readonly<Record<CommunityKind, string>> = {
  standard: '',
  large: '',
  'route-target': 'rt:',
  'route-origin': 'ro:',
  generic: 'generic:',
};
export const formatCommunityValue = ({ kind, parts }: Community): string =>
  `${KIND_WORDS[kind]}${parts.join(':')}`;
