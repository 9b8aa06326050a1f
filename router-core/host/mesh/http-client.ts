/**
 * Asks supernodes over HTTP, each question once.
 *
 * Standard: RFC 9110, RFC 9112, by node:http: a report's token makes URLs of more than 64 KiB, and any port may be the
 * supernode's, also those that `fetch` refuses. Redirections are not followed: the URL in the file is the supernode's.
 *
 * Invariants
 * - Every question is answered once: by a complete answer within its limits, or by why there is none.
 * - No URL is ever logged: it carries keys and tokens.
 * - Over TLS nobody is told anything whose certificate is not trusted (RFC 9110 §4.3.4).
 *
 * @module
 */
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { TLSSocket } from 'node:tls';
import { RouterError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type {
  HttpAnswer,
  HttpFailure,
  HttpOutcome,
  MeshOutput,
} from '../../mesh/etherguard/ports.ts';
import { HTTP_ANSWER_OCTETS, HTTP_REQUESTS, HTTP_TIMEOUT_MS } from './limits.ts';

type Question = Omit<MeshOutput & { kind: 'request' }, 'kind' | 'question'>;

export interface HttpClient {
  /** Resolves with the answer or why there is none; with undefined after `stop`. */
  ask(question: Question): Promise<HttpOutcome | undefined>;
  /** Ends what is open, unanswered. */
  stop(): void;
}

export function createHttpClient(timeoutMs = HTTP_TIMEOUT_MS): HttpClient {
  const agents = { http: new HttpAgent(KEEP_ALIVE), https: new HttpsAgent(KEEP_ALIVE) };
  const stopped = new AbortController();
  let open = 0;

  async function exchange({ method, url, headers, body }: Question): Promise<HttpAnswer> {
    const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(timeoutMs)]);
    const target = new URL(url);
    const isSecure = target.protocol === 'https:';
    return new Promise((resolve, reject) => {
      const request = (isSecure ? requestHttps : requestHttp)(
        target,
        {
          method,
          headers: {
            ...headers,
            ...(body === undefined ? {} : { 'Content-Length': body.length }),
          },
          agent: isSecure ? agents.https : agents.http,
          signal,
        },
        (response) => {
          const parts: Buffer[] = [];
          let length = 0;
          response.on('data', (part: Buffer) => {
            length += part.length;
            if (length > HTTP_ANSWER_OCTETS)
              response.destroy(new Error(`the answer has more than ${HTTP_ANSWER_OCTETS} octets`));
            else parts.push(part);
          });
          response.once('error', reject);
          response.once('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              body: new Uint8Array(Buffer.concat(parts)),
            }),
          );
        },
      );
      request.once('error', (error) => {
        const { socket } = request;
        const isUntrusted = socket instanceof TLSSocket && socket.authorizationError !== null;
        reject(isUntrusted ? certificateError(target.host, error.message) : error);
      });
      request.end(body);
    });
  }

  return {
    async ask(question) {
      if (open >= HTTP_REQUESTS) return { reason: `${HTTP_REQUESTS} questions are open already` };
      open++;
      try {
        return await exchange(question);
      } catch (error) {
        if (stopped.signal.aborted) return undefined;
        return failureOf(error as NodeJS.ErrnoException, timeoutMs);
      } finally {
        open--;
      }
    },
    stop() {
      stopped.abort();
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

const KEEP_ALIVE = { keepAlive: true, maxSockets: HTTP_REQUESTS } as const;

/** Altnames in the message are the other side's words. */
const certificateError = (host: string, message: string): RouterError =>
  new RouterError(
    'MESH_CERTIFICATE',
    `The certificate of ${host} is not trusted: ${printable(message, 200)}.`,
  );

/** Never the message of an error that repeats the URL. */
function failureOf({ name, code, message }: NodeJS.ErrnoException, timeoutMs: number): HttpFailure {
  if (code === 'MESH_CERTIFICATE') return { code, reason: message };
  if (name === 'AbortError' || name === 'TimeoutError')
    return { reason: `no answer within ${timeoutMs} ms` };
  return { reason: code === 'ERR_INVALID_URL' ? 'the URL cannot be read' : message };
}
