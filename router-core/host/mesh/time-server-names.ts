/**
 * Addresses of time servers by their names, a few lookups at a time.
 *
 * Not standardized. The system's resolver runs on the four threads that the whole process has for such calls, and takes ten seconds or
 * more for a name when no resolver answers. The original's list has 27 names, asked again every minute: without a bound no
 * other name of the process is ever looked up then, the supernode's among them, though it may stand in /etc/hosts.
 *
 * Invariant: whoever waited for a turn longer than his timeout takes none any more.
 *
 * @module
 */
import { type IpAddress, parseIpAddress } from '../../base/ip-address.ts';
import { resolveAll } from '../resolve.ts';
import { TIME_SERVER_LOOKUPS } from './limits.ts';

/** Returns the first address of a name, or undefined when there was none in time. */
export type FindTimeServer = (host: string, timeoutMs: number) => Promise<IpAddress | undefined>;

export function timeServerFinder(
  lookUp: (host: string) => Promise<readonly IpAddress[]>,
): FindTimeServer {
  let open = 0;
  const waiting = new Set<() => void>();

  /** Its turn lasts as long as the lookup, which goes on when nobody waits for it any more. */
  async function takeTurn(host: string): Promise<IpAddress | undefined> {
    open++;
    try {
      const [first] = await lookUp(host);
      return first;
    } finally {
      open--;
      const [next] = waiting;
      next?.();
    }
  }

  return (host, timeoutMs) => {
    const literal = parseIpAddress(host);
    if (literal !== undefined) return Promise.resolve(literal);
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        waiting.delete(begin);
        takeTurn(host)
          .then(resolve, reject)
          .finally(() => clearTimeout(timer));
      };
      const timer = setTimeout(() => {
        waiting.delete(begin);
        resolve(undefined);
      }, timeoutMs).unref();
      if (open < TIME_SERVER_LOOKUPS) begin();
      else waiting.add(begin);
    });
  };
}

/** One for the process: so are the threads. */
export const findTimeServer = timeServerFinder(resolveAll);
