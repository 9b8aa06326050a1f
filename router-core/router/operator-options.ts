/**
 * Keys of a peering that are the operator's alone: the form has no fields for them, the file has.
 *
 * Not standardized; README, Settings (keys of the file). A portal keeps them as they were written, in one
 * piece, and gives them to the router by `normalizeOperatorOptions`, as a node without portal does.
 *
 * Invariant: a key of `OperatorOptions` is in `OPERATOR_OPTION_KEYS`, so none is lost on the way.
 *
 * @module
 */
import { pickPresent } from '../base/pick.ts';
import type { BfdParameters, ChainText, ParameterValue } from '../bgp/index.ts';
import type { AddPathSettings } from './add-path.ts';
import { type BfdWish, bfdOfWish } from './bfd-wish.ts';
import { withRelation } from './peering-relation.ts';
import type { SessionOptions } from './session-option-types.ts';
import { SESSION_OPTION_KEYS } from './session-options.ts';
import type { TcpAoKey } from './tcp-ao.ts';
import type { PeeringConfig, PeeringRelation } from './types.ts';

export type OperatorOptions = PeeringRelation &
  SessionOptions & {
    /** The virtual router it is in; absent: the default one. */
    readonly vrf?: string;
    readonly tcpAo?: readonly TcpAoKey[];
    readonly gracefulRestart?: boolean | { readonly longLived: number };
    readonly addPath?: AddPathSettings;
    readonly bfd?: BfdWish;
    readonly import?: ChainText;
    readonly export?: ChainText;
    readonly parameters?: Readonly<Record<string, ParameterValue>>;
    readonly groups?: readonly string[];
    readonly reversePath?: NonNullable<PeeringConfig['reversePath']>;
    readonly bogons?: NonNullable<PeeringConfig['bogons']>;
  };

/** The same as the router takes them. */
export type NormalizedOptions = Omit<OperatorOptions, 'bfd'> & { readonly bfd?: BfdParameters };

/** Characters of these keys as one text, which a form or a program sends. */
export const OPERATOR_OPTIONS_LENGTH_MAX = 16_384;

const BESIDE_SESSION_OPTIONS = {
  vrf: true,
  role: true,
  strictRole: true,
  routeReflectorClient: true,
  routeServerClient: true,
  tcpAo: true,
  gracefulRestart: true,
  addPath: true,
  bfd: true,
  import: true,
  export: true,
  parameters: true,
  groups: true,
  reversePath: true,
  bogons: true,
} as const satisfies Readonly<Record<Exclude<keyof OperatorOptions, keyof SessionOptions>, true>>;

export const OPERATOR_OPTION_KEYS: readonly (keyof OperatorOptions)[] = [
  ...(Object.keys(BESIDE_SESSION_OPTIONS) as (keyof OperatorOptions)[]),
  ...SESSION_OPTION_KEYS,
];

/** Returns these keys of a peering as they were written, without those that are not there. */
export const pickOperatorOptions = (peering: OperatorOptions): OperatorOptions =>
  pickPresent(peering, OPERATOR_OPTION_KEYS);

/** Returns these keys of a peering with defaults filled in. */
export function normalizeOperatorOptions(peering: OperatorOptions): NormalizedOptions {
  const { bfd: wish, ...asWritten } = pickOperatorOptions(peering);
  const bfd = bfdOfWish(wish);
  return { ...withRelation(asWritten), ...(bfd === undefined ? {} : { bfd }) };
}

/** Returns the key a finding is about, if it is one of these. */
export function operatorOptionAt(path: string): keyof OperatorOptions | undefined {
  const [head] = path.split(/[.[]/, 1);
  return OPERATOR_OPTION_KEYS.find((key) => key === head);
}
