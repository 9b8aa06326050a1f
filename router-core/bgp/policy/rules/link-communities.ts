/**
 * DN42's communities about links: what the worst link of a path is like, and where a route comes from.
 *
 * Not standardized; portal specification §11, after the wiki's "BGP communities".
 *
 *   latency    64511:1–9     the largest stays       kind  64511:81–89  the largest stays
 *   bandwidth  64511:21–29   the smallest stays      loss  64511:91–94  the largest stays
 *   encryption 64511:31–36   the smallest stays
 *
 * @module
 */

import type { ParameterValue } from './document.ts';
import type { EditableAttributes } from './editable-attributes.ts';
import type { CommunityPattern } from './patterns.ts';

const DN42 = 64511;

type Scale = { readonly min: number; readonly max: number; readonly keeps: 'largest' | 'smallest' };
const SCALES = {
  latency: { min: 1, max: 9, keeps: 'largest' },
  bandwidth: { min: 21, max: 29, keeps: 'smallest' },
  encryption: { min: 31, max: 36, keeps: 'smallest' },
  kind: { min: 81, max: 89, keeps: 'largest' },
  loss: { min: 91, max: 94, keeps: 'largest' },
} as const satisfies Readonly<Record<string, Scale>>;

type Parameters = ReadonlyMap<string, ParameterValue>;

const patternOf = ({ min, max }: Scale): CommunityPattern => ({
  kind: 'standard',
  parts: [
    { min: DN42, max: DN42 },
    { min, max },
  ],
});

/** Which values of one scale a route carries. */
function valuesOf(attributes: EditableAttributes, { min, max }: Scale): number[] {
  return attributes.communities.flatMap(({ kind, parts: [high, low = 0] }) =>
    kind === 'standard' && high === DN42 && low >= min && low <= max ? [low] : [],
  );
}

/** Adds the values of this link, then keeps the worst of each scale. */
export function applyLinkFlags(attributes: EditableAttributes, parameters: Parameters): void {
  for (const [name, scale] of Object.entries(SCALES)) {
    const own = parameters.get(name);
    const values = valuesOf(attributes, scale);
    if (typeof own === 'number') values.push(own);
    if (values.length === 0) continue;
    attributes.remove(patternOf(scale));
    const worst = scale.keeps === 'largest' ? Math.max(...values) : Math.min(...values);
    attributes.add({ kind: 'standard', parts: [DN42, worst] });
  }
}

/** Adds where the route comes from; the caller knows that it is one of ours. */
export function applyLinkOrigin(
  attributes: EditableAttributes,
  origin: { readonly region?: number; readonly country?: number },
): void {
  for (const value of [origin.region, origin.country])
    if (value !== undefined) attributes.add({ kind: 'standard', parts: [DN42, value] });
}

/** The wiki counts no more than 1 Gbit/s. */
const BANDWIDTH_COUNTED_MAX = 24;

/**
 * Returns MED by the wiki's formula, from the communities of the route, else the values of the link.
 * A value nobody knows adds nothing; post-quantum encryption does not go below zero.
 */
export function linkMed(attributes: EditableAttributes, parameters: Parameters): number {
  const value = (name: 'latency' | 'bandwidth' | 'encryption'): number | undefined => {
    const [known] = valuesOf(attributes, SCALES[name]);
    const own = parameters.get(name);
    return known ?? (typeof own === 'number' ? own : undefined);
  };
  const l = value('latency');
  const b = value('bandwidth');
  const c = value('encryption');
  const med =
    (c === undefined ? 0 : (4 - (c - 30)) * 600) +
    (b === undefined ? 0 : (9 - (Math.min(b, BANDWIDTH_COUNTED_MAX) - 20)) * 100) +
    (l === undefined ? 0 : (l - 1) * 300);
  return Math.max(0, med);
}
