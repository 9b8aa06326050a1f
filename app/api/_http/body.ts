/**
 * The one reader of request bodies: JSON, capped, and checked by a shape.
 *
 * Standard: RFC 9110 §15.5.14 (413); docs/architecture.md §8. Reading stops at the cap: what comes
 * after it is never held in memory, and a `Content-Length` above it is refused before reading.
 *
 * @module
 */
import 'server-only';
import type { ZodType } from 'zod';
import { PortalError } from '../../_text/errors.ts';

export const BODY_BYTES_MAX = 64 * 1024;

/** Reads a body of the shape. @throws PortalError BODY_*, INPUT_INVALID. */
export async function readBody<Value>(request: Request, shape: ZodType<Value>): Promise<Value> {
  const text = await readText(request);
  if (text !== '' && !isJson(request.headers.get('content-type')))
    throw new PortalError('BODY_TYPE');
  let value: unknown;
  try {
    value = text === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw new PortalError('BODY_SYNTAX', { cause });
  }
  return checkShape(value, shape);
}

/** @throws PortalError INPUT_INVALID naming every field that does not fit. */
function checkShape<Value>(value: unknown, shape: ZodType<Value>): Value {
  const result = shape.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, 20).map((issue) => ({
    code: issue.code === 'unrecognized_keys' ? 'CONFIG_UNKNOWN_KEY' : 'CONFIG_TYPE',
    path: issue.path.join('.'),
    message: issue.message,
  }));
  throw new PortalError('INPUT_INVALID', {
    ...(errors[0] === undefined ? {} : { message: errors[0].message }),
    errors,
  });
}

async function readText(request: Request): Promise<string> {
  const length = Number(request.headers.get('content-length') ?? 0);
  if (length > BODY_BYTES_MAX) throw new PortalError('BODY_TOO_LARGE');
  if (request.body === null) return '';
  const reader = request.body.getReader();
  const chunks: Uint8Array[] = [];
  let total = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    total += part.value.byteLength;
    if (total > BODY_BYTES_MAX) {
      await reader.cancel();
      throw new PortalError('BODY_TOO_LARGE');
    }
    chunks.push(part.value);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new PortalError('BODY_SYNTAX', { cause });
  }
}

const isJson = (type: string | null): boolean =>
  /^application\/(?:[a-z.-]+\+)?json\s*(?:;|$)/i.test(type ?? '');
