/**
 * Parameters of all edges, as a request wants to have them.
 *
 * Not standardized; checks and texts of `/manage/super/update` of etherguard-go v0.3.5. Beyond those, what the file
 * could not be read with again is refused.
 *
 * @module
 */
import { DAMPING_RADIUS_MAX } from '../../../graph/index.ts';
import { integerOf, SECONDS_MAX, type SuperConfig } from '../../config/index.ts';
import type { ApiResponse } from '../supernode-contract.ts';
import { floatParameter, type Lookup, textAnswer } from './answers.ts';

export type SuperParameters = Partial<
  Pick<
    SuperConfig,
    'PeerAliveTimeout' | 'DampingFilterRadius' | 'SendPingInterval' | 'HttpPostInterval'
  >
>;

/** Reads what is to be updated; a value that is no number counts as none, as in the original. */
export function superParameters(
  lookup: Lookup,
  config: SuperConfig,
): { readonly value: SuperParameters } | { readonly answer: ApiResponse } {
  const given = (name: string): number | undefined => {
    const value = floatParameter(lookup, name);
    return 'value' in value ? value.value : undefined;
  };
  const refused = (text: string) => ({ answer: textAnswer(400, text) });
  const alive = given('PeerAliveTimeout');
  const ping = given('SendPingInterval');
  const post = given('HttpPostInterval');
  const radius = integerOf(lookup('DampingFilterRadius') ?? '');
  const limit = alive ?? config.PeerAliveTimeout;
  if (limit <= 0) return refused(`Paramater PeerAliveTimeout ${limit}: Must > 0.\n`);
  if (limit > SECONDS_MAX)
    return refused(`Paramater PeerAliveTimeout ${limit}: Must <= ${SECONDS_MAX}.\n`);
  if (radius !== undefined && (radius < 0 || radius > DAMPING_RADIUS_MAX))
    return refused(
      `Paramater DampingFilterRadius ${radius}: Must in range [0,${DAMPING_RADIUS_MAX}]\n`,
    );
  const outside = (name: string) =>
    refused(`Paramater ${name}: Must > 0 and < ${limit}(PeerAliveTimeout).\n`);
  const isWithin = (n: number) => n > 0 && n < limit;
  if (ping !== undefined && !isWithin(ping)) return outside('SendPingInterval');
  // The original looks at the ping interval here: the other one may only come with it.
  if (post !== undefined && (ping === undefined || post < 0 || post > limit))
    return outside('HttpPostInterval');
  if (post === undefined && config.HttpPostInterval > limit)
    return refused(
      `Paramater PeerAliveTimeout ${limit}: Must >= ${config.HttpPostInterval}(HttpPostInterval).\n`,
    );
  return {
    value: {
      ...(alive !== undefined && { PeerAliveTimeout: alive }),
      ...(radius !== undefined && { DampingFilterRadius: radius }),
      ...(ping !== undefined && { SendPingInterval: ping }),
      ...(post !== undefined && { HttpPostInterval: post }),
    },
  };
}
