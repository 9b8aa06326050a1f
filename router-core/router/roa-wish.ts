/**
 * Where origin authorizations come from, as the file says: caches, files, URLs.
 *
 * Not standardized; BGP specification §11. Absent: the route objects of the registry.
 *
 * @module
 */
import { parseEndpoint } from '../base/endpoint.ts';
import type { Finding } from '../base/errors.ts';
import type { Schema } from '../base/schema.ts';
import type { RoaSettings, RoaSource } from './types.ts';

/** Sources of one node: a few caches and the mirrors of a table. */
const SOURCES_MAX = 8;
const PREFERENCE_DEFAULT = 10;

/** One source as people write it: exactly one of the three names it. */
type RawSource = {
  readonly rtr?: string;
  readonly file?: string;
  readonly url?: string;
  readonly preference?: number;
};
export type RawRoa = { readonly sources: readonly RawSource[] };

export const ROA_SCHEMA: Schema = {
  kind: 'object',
  fields: {
    sources: {
      kind: 'array',
      required: true,
      maxItems: SOURCES_MAX,
      items: {
        kind: 'object',
        fields: {
          rtr: { kind: 'string', maxLength: 300 },
          file: { kind: 'string', maxLength: 1024 },
          url: { kind: 'string', maxLength: 1024 },
          preference: { kind: 'number', maximum: 255 },
        },
      },
    },
  },
};

/** Returns the sources, or what is wrong with the first that is. */
export function roaOfFile(
  raw: RawRoa | undefined,
  resolvePath: (path: string) => string,
): RoaSettings | Finding | undefined {
  if (raw === undefined) return undefined;
  const sources: RoaSource[] = [];
  for (const [i, source] of raw.sources.entries()) {
    const typed = sourceOf(source, resolvePath);
    if (typeof typed === 'string')
      return {
        code: 'ROA_SOURCE_INVALID',
        path: `roa.sources[${i}]`,
        message: typed,
        severity: 'error',
      };
    sources.push(typed);
  }
  return { sources };
}

function sourceOf(
  { rtr, file, url, preference = PREFERENCE_DEFAULT }: RawSource,
  resolvePath: (path: string) => string,
): RoaSource | string {
  if ([rtr, file, url].filter((given) => given !== undefined).length !== 1)
    return 'A source of ROAs is one of rtr (host:port of a cache), file (a path) or url.';
  if (rtr !== undefined) {
    const endpoint = parseEndpoint(rtr);
    if (endpoint === undefined)
      return 'A cache is host:port or [IPv6]:port; RTR itself is port 323.';
    return { kind: 'rtr', host: endpoint.host, port: endpoint.port, preference };
  }
  if (file !== undefined) return { kind: 'file', path: resolvePath(file), preference };
  if (!isHttpUrl(url as string))
    return 'The URL of a ROA table begins with http:// or https:// and has no user name.';
  return { kind: 'url', url: url as string, preference };
}

/** Sources are shown and logged by their URL, so it carries no password. */
function isHttpUrl(text: string): boolean {
  if (!/^https?:\/\/[^\s/]/.test(text) || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
