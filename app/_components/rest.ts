/**
 * The REST doors, as client components use them: JSON to the same origin, a value or a problem back.
 *
 * Standard: RFC 9457 (problem documents). Nothing is thrown for what a server answers; a network that
 * fails becomes the problem OFFLINE, so that every caller has one way to show trouble.
 *
 * @module
 */
import type { Problem } from '../_queries/view-models.ts';

export type RestAnswer<T> =
  | { readonly isOk: true; readonly value: T }
  | { readonly isOk: false; readonly problem: Problem };

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
type Options = {
  readonly body?: unknown;
  readonly revision?: number;
  readonly signal?: AbortSignal;
};

export async function callRest<T>(
  method: Method,
  path: string,
  options: Options = {},
): Promise<RestAnswer<T>> {
  const answer = await request(method, path, options, (response) => response.text());
  if (!answer.isOk) return answer;
  const text = answer.value;
  return { isOk: true, value: (text === '' ? undefined : JSON.parse(text)) as T };
}

/** Asks for something that is answered with a file. */
export const fetchFile = (path: string, body: unknown): Promise<RestAnswer<Blob>> =>
  request('POST', path, { body }, (response) => response.blob());

async function request<T>(
  method: Method,
  path: string,
  { body, revision, signal }: Options,
  read: (response: Response) => Promise<T>,
): Promise<RestAnswer<T>> {
  try {
    const response = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(revision === undefined ? {} : { 'if-match': `"${revision}"` }),
        ...(method === 'POST' ? { 'idempotency-key': newKey() } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    // The line may be cut, or the caller lose interest, half-way through the answer too.
    if (response.ok) return { isOk: true, value: await read(response) };
    return { isOk: false, problem: readProblem(await response.text(), response.status) };
  } catch {
    return { isOk: false, problem: localProblem('OFFLINE', 0) };
  }
}

/** A proxy in between may answer in HTML; then only the status is known. */
function readProblem(text: string, status: number): Problem {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && 'code' in parsed) return parsed as Problem;
  } catch {
    return localProblem('UNREADABLE', status);
  }
  return localProblem('UNREADABLE', status);
}

const localProblem = (code: 'OFFLINE' | 'UNREADABLE', status: number): Problem => ({
  type: 'about:blank',
  title: code,
  status,
  code,
});

/** `crypto.randomUUID` needs HTTPS or localhost; sixteen octets do everywhere. */
function newKey(): string {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}
