/**
 * `roa <prefix> [AS…]`: the ROAs that cover a prefix, and the verdict for an origin.
 *
 * Standard: RFC 6811.
 *
 * @module
 */
import { parseAsn } from '../../../base/asn.ts';
import { RouterError } from '../../../base/errors.ts';
import { formatIpPrefix, prefixCovers, prefixOf } from '../../../base/ip-address.ts';
import { printable } from '../../../base/printable.ts';
import { type Query, readTarget } from './query.ts';

export const roa: Query = {
  *run(router, { argument }) {
    const [target = '', origin] = argument.trim().split(/\s+/);
    const { address, prefix } = readTarget(target);
    const asked = prefix ?? prefixOf(address, address.bytes.length * 8);
    const asn = origin === undefined ? undefined : parseAsn(origin);
    if (origin !== undefined && asn === undefined)
      throw new RouterError('QUERY_INVALID', `${printable(origin, 40)} is not an AS number.`, {
        path: 'q',
      });
    const registry = router.registry();
    if (registry === undefined)
      throw new RouterError('REGISTRY_UNAVAILABLE', 'This node has no copy of the registry.');
    const covering = registry.roas.filter((entry) => prefixCovers(entry.prefix, asked));
    const sameOrigin = covering.filter((entry) => entry.asn === asn);
    const verdict =
      covering.length === 0
        ? 'not-found'
        : sameOrigin.length === 0
          ? 'invalid-origin'
          : sameOrigin.some((entry) => entry.maxLength >= asked.length)
            ? 'valid'
            : 'invalid-length';
    yield {
      prefix: formatIpPrefix(asked),
      origin: asn ?? null,
      verdict: asn === undefined ? null : verdict,
      covering: covering.map((entry) => ({
        prefix: formatIpPrefix(entry.prefix),
        maxLength: entry.maxLength,
        asn: entry.asn,
      })),
    };
  },
  text: (row) => JSON.stringify(row),
};
