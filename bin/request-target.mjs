/**
 * Refuses requests that Next must not see, because it reads more into them than they say.
 *
 * Standard: RFC 9112 §3.2 (forms of the request target), RFC 9110 §9.3. We are an origin server: of
 * the absolute form, Next would take the host for its own and redirect to it.
 *
 * @module
 */

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Returns the answer to a request that is refused; undefined for one that may go on. */
export function refusalOf({ method, url }) {
  if (!METHODS.includes(method))
    return refusal(405, 'Method not allowed', { allow: METHODS.join(', ') });
  if (url === '*' && method === 'OPTIONS') return undefined;
  if (!url.startsWith('/') || !isDecodable(url.split('?', 1)[0]))
    return refusal(400, 'Bad request');
  return undefined;
}

function refusal(status, text, headers = {}) {
  return {
    status,
    text: `${text}\n`,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...headers,
    },
  };
}

function isDecodable(path) {
  try {
    decodeURIComponent(path);
    return true;
  } catch {
    return false;
  }
}
