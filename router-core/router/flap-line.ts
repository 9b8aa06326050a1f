/**
 * A prefix begins to flap, or has calmed down, as a line of the log.
 *
 * Not standardized; BGP specification §5 and §17.
 *
 * @module
 */
import type { RouteEvent } from '../bgp/index.ts';
import type { RouterEvent } from './types.ts';
import type { Vrf } from './vrf.ts';

type FlapNews = Extract<RouteEvent, { kind: 'flap-started' | 'flap-ended' | 'flaps-untold' }>;

export function lineOfFlap({ vrfName }: Vrf, news: FlapNews): RouterEvent & { kind: 'log' } {
  const where = vrfName === undefined ? {} : { vrf: vrfName };
  if (news.kind === 'flaps-untold') {
    const message = 'more prefixes began to flap, or calmed down; lg flaps lists those that flap';
    return { kind: 'log', level: 'warn', message, fields: { count: news.count, ...where } };
  }
  const { prefix, from, changes } = news;
  const hasBegun = news.kind === 'flap-started';
  return {
    kind: 'log',
    level: hasBegun ? 'warn' : 'info',
    message: hasBegun ? 'a prefix flaps' : 'a prefix has calmed down',
    fields: { prefix, neighbor: from, changes, ...where },
  };
}
