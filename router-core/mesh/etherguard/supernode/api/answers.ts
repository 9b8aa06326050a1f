/**
 * Answers of the HTTP interfaces, and parameters of requests.
 *
 * Not standardized; statuses and texts of etherguard-go v0.3.5, spelling included: programs compare them.
 *
 * @module
 */
import { isEdgeNumber, type NodeNumber } from '../../../node-number.ts';
import { decimalOf } from '../../config/index.ts';
import type { ApiRequest, ApiResponse } from '../supernode-contract.ts';

const TEXT = 'text/plain; charset=utf-8';

export const textAnswer = (status: number, body: string): ApiResponse => ({
  status,
  contentType: TEXT,
  body,
});

export const jsonAnswer = (body: string): ApiResponse => ({
  status: 200,
  contentType: 'application/json',
  body,
});

/** What a check of a request gives: its value, or the answer that ends it. */
export type Checked<T> = { readonly value: T } | { readonly answer: ApiResponse };

const refused = (status: number, text: string): { readonly answer: ApiResponse } => ({
  answer: textAnswer(status, text),
});

/** Where a parameter is looked for; a body goes before the query, as in Go. */
export const inQuery =
  (request: ApiRequest) =>
  (name: string): string | undefined =>
    request.query.get(name);
export const inQueryOrForm =
  (request: ApiRequest) =>
  (name: string): string | undefined =>
    request.form.get(name) ?? request.query.get(name);
export type Lookup = (name: string) => string | undefined;

export function textParameter(lookup: Lookup, name: string): Checked<string> {
  const value = lookup(name);
  return value === undefined ? refused(400, `Paramater ${name}: Missing paramater.`) : { value };
}

/** An unsigned number of 16 bits, decimal. */
export function numberParameter(lookup: Lookup, name: string): Checked<number> {
  const text = textParameter(lookup, name);
  if ('answer' in text) return text;
  const value = /^\d{1,20}$/.test(text.value) ? Number(text.value) : Number.NaN;
  if (value <= 0xffff) return { value };
  return refused(400, `Paramater ${name}: Can't convert to type uint16`);
}

export function floatParameter(lookup: Lookup, name: string): Checked<number> {
  const text = textParameter(lookup, name);
  if ('answer' in text) return text;
  const value = decimalOf(text.value);
  if (value !== undefined) return { value };
  return refused(400, `Paramater ${name}: Can't convert to type float64`);
}

/** Whether a number is an edge's. */
export function edgeParameter(number: number): Checked<NodeNumber> {
  if (isEdgeNumber(number)) return { value: number };
  return refused(400, "Paramater NodeID: Can't use special nodeID.");
}
