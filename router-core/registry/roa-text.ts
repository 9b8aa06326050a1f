/**
 * ROA tables as other programs read and write them.
 *
 * Standard: none; the formats are BIRD 2 (`route P max N as A;`), BIRD 1 (`roa P max N as A;`),
 * OpenBGPD (`roa-set { P maxlen N source-as A }`) and the JSON of rpki-client and stayrtr.
 *
 * Invariant: reading what was written gives the same table.
 *
 * @module
 */
import { parseAsn } from '../base/asn.ts';
import { formatIpPrefix, parseIpPrefix } from '../base/ip-address.ts';
import type { WallTime } from '../base/units.ts';
import type { Roa } from './roa.ts';

export const ROA_TEXT_FORMATS = ['bird2', 'bird1', 'openbgpd'] as const;
export type RoaTextFormat = (typeof ROA_TEXT_FORMATS)[number];

/** Seconds for which a published table may be used: seven days (portal specification §2). */
const VALID_SECONDS = 7 * 24 * 3600;
/** Entries read from a foreign table. */
const MAX_READ_ROAS = 500_000;

/** Writes the table for a routing daemon, one ROA per line. */
export function formatRoas(roas: readonly Roa[], format: RoaTextFormat): string {
  switch (format) {
    case 'bird2':
      return roas
        .map((r) => `route ${formatIpPrefix(r.prefix)} max ${r.maxLength} as ${r.asn};\n`)
        .join('');
    case 'bird1':
      return roas
        .map((r) => `roa ${formatIpPrefix(r.prefix)} max ${r.maxLength} as ${r.asn};\n`)
        .join('');
    case 'openbgpd':
      return `roa-set {\n${roas
        .map((r) => `  ${formatIpPrefix(r.prefix)} maxlen ${r.maxLength} source-as ${r.asn}\n`)
        .join('')}}\n`;
  }
}

/** The JSON of rpki-client and stayrtr; times are Unix seconds. */
export type RoaDocument = {
  readonly metadata: {
    readonly counts: number;
    readonly generated: number;
    readonly valid: number;
  };
  readonly roas: readonly {
    readonly prefix: string;
    readonly maxLength: number;
    readonly asn: string;
  }[];
};

/** Returns the document every node publishes as `roa.json`. */
export function roaDocument(roas: readonly Roa[], generatedAt: WallTime): RoaDocument {
  const generated = Math.floor(generatedAt / 1000);
  return {
    metadata: { counts: roas.length, generated, valid: generated + VALID_SECONDS },
    roas: roas.map((r) => ({
      prefix: formatIpPrefix(r.prefix),
      maxLength: r.maxLength,
      asn: `AS${r.asn}`,
    })),
  };
}

const TEXT_ROA =
  /^\s*(?:(?:route|roa)\s+)?([0-9a-fA-F.:]+\/[0-9]{1,3})\s+(?:max|maxlen)\s+([0-9]{1,3})\s+(?:as|source-as)\s+([0-9]{1,10})\s*;?\s*(?:#.*)?$/;

/** Reads any of the formats above; entries that are no ROA are counted and left out. */
export function parseRoas(text: string): { roas: Roa[]; badEntries: number } {
  const roas: Roa[] = [];
  let badEntries = 0;
  const add = (prefix: unknown, maxLength: unknown, asn: unknown): void => {
    const roa = roas.length < MAX_READ_ROAS ? roaOf(prefix, maxLength, asn) : undefined;
    if (roa === undefined) badEntries++;
    else roas.push(roa);
  };
  if (text.trimStart().startsWith('{')) {
    const entries = jsonEntries(text);
    if (entries === undefined) return { roas: [], badEntries: 1 };
    for (const entry of entries) {
      const { prefix, maxLength, asn } = (entry ?? {}) as Record<string, unknown>;
      add(prefix, maxLength, asn);
    }
    return { roas, badEntries };
  }
  for (const line of text.split('\n')) {
    if (/^\s*(?:#.*|roa-set\s*\{|\}|)\s*$/.test(line)) continue;
    const match = TEXT_ROA.exec(line);
    add(match?.[1], match?.[2] === undefined ? undefined : Number(match[2]), match?.[3]);
  }
  return { roas, badEntries };
}

function jsonEntries(text: string): readonly unknown[] | undefined {
  try {
    const document = JSON.parse(text) as { roas?: unknown } | null;
    return Array.isArray(document?.roas) ? document.roas : undefined;
  } catch {
    // JSON.parse reports malformed input by throwing.
    return undefined;
  }
}

function roaOf(prefixText: unknown, maxLength: unknown, asnText: unknown): Roa | undefined {
  if (typeof prefixText !== 'string' || typeof maxLength !== 'number') return undefined;
  const prefix = parseIpPrefix(prefixText);
  const asn = parseAsn(String(asnText));
  if (prefix === undefined || asn === undefined || !Number.isInteger(maxLength)) return undefined;
  if (maxLength < prefix.length || maxLength > prefix.bytes.length * 8) return undefined;
  return { prefix, maxLength, asn };
}
