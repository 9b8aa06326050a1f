/**
 * Values of the options that programs of the lab are started with.
 *
 * @module
 */
import { type IpAddress, parseIpAddress } from '../../router-core/base/ip-address.ts';

export function must<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('an option has no value that can be read');
  return value;
}

export const address = (text: string): IpAddress => must(parseIpAddress(text));
