/**
 * Capabilities between octets and values, by the rows of the table.
 *
 * Standard: RFC 5492 §4.
 *
 * A capability without a row, or with a value its row cannot read, is `unknown` and has no effect:
 * RFC 5492 §3 forbids to end a session for it. The one exception, a broken capability 65, is made by
 * message/open.ts, because without the AS number there is nobody to talk to.
 *
 * @module
 */
import { concatBytes } from '../../base/bytes.ts';
import type { Capability, CapabilityOf } from './capability.ts';
import { CAPABILITY_TABLE, OTHER_CAPABILITY_NAMES } from './table.ts';

/** A row that takes any capability; `rowOf` only ever gives it the kind it stands for. */
type AnyRow = {
  readonly code: number;
  decode(value: Uint8Array): Capability | undefined;
  encode(capability: Capability): Uint8Array;
  words(capability: Capability): string;
};

const rowsByCode: ReadonlyMap<number, AnyRow> = new Map(
  Object.values(CAPABILITY_TABLE).map((row: AnyRow) => [row.code, row]),
);

const rowOf = (capability: Exclude<Capability, { kind: 'unknown' }>): AnyRow =>
  CAPABILITY_TABLE[capability.kind];

/** Returns the value of one capability; `unknown` when there is no way to read it. */
export function decodeCapability(code: number, value: Uint8Array): Capability {
  return rowsByCode.get(code)?.decode(value) ?? { kind: 'unknown', code, value: value.slice() };
}

/** Returns code, length and value. */
export function encodeCapability(capability: Capability): Uint8Array {
  const value =
    capability.kind === 'unknown' ? capability.value : rowOf(capability).encode(capability);
  return concatBytes(Uint8Array.of(capabilityCode(capability), value.length), value);
}

export const capabilityCode = (capability: Capability): number =>
  capability.kind === 'unknown' ? capability.code : rowOf(capability).code;

/** Returns the capability in words for people. */
export function capabilityWords(capability: Capability): string {
  if (capability.kind === 'unknown')
    return OTHER_CAPABILITY_NAMES[capability.code] ?? `Capability ${capability.code}`;
  return rowOf(capability).words(capability);
}

/** Returns all capabilities of one kind. */
export const capabilitiesOf = <Kind extends Capability['kind']>(
  all: readonly Capability[],
  kind: Kind,
): CapabilityOf<Kind>[] => all.filter((c): c is CapabilityOf<Kind> => c.kind === kind);
