/**
 * Returns these keys of a value, without those that are not there.
 *
 * @module
 */
export const pickPresent = <Value extends object, Key extends keyof Value>(
  value: Value,
  keys: readonly Key[],
): Partial<Pick<Value, Key>> =>
  Object.fromEntries(
    keys.filter((key) => value[key] !== undefined).map((key) => [key, value[key]]),
  ) as Partial<Pick<Value, Key>>;
