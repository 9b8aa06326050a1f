/**
 * The text of WireGuard's configuration protocol, read-only: requests in, answers out.
 *
 * Standard: https://www.wireguard.com/xplatform/ (Cross-platform Userspace Implementation).
 *
 *   get=1 ⏎ ⏎              ─► listen_port=… ⏎ public_key=… ⏎ … errno=0 ⏎ ⏎
 *   set=1 ⏎ … ⏎ ⏎          ─► errno=-1 ⏎ ⏎       EPERM: configuration comes in documents
 *   anything else ⏎ ⏎      ─► errno=-22 ⏎ ⏎      EINVAL
 *
 * Departures
 * - `private_key` and `preshared_key` are never told, to nobody: whoever may look need not be able to
 *   speak for us. `wg show` derives our public key from the private one, so it prints none.
 * - Errors are negative as wireguard-go writes them; wg(8) would print a positive one as unknown.
 *
 * Invariants
 * - A line and a request have a bound; beyond it the conversation is over.
 * - What a `set` brings is skipped, not kept.
 *
 * @module
 */
import { toHex } from '../../base/bytes.ts';
import type { ListedTunnel, TunnelList } from '../../router/index.ts';
import { UAPI_LINE_LENGTH, UAPI_REQUEST_LENGTH } from './limits.ts';

export type UapiRequest = 'get' | 'set' | 'invalid';

const NOT_PERMITTED = -1;
const INVALID = -22;

/** Finds requests in what one connection sends, piece by piece. */
export class UapiReader {
  private rest = '';
  private request: UapiRequest | undefined;
  private length = 0;

  /** Returns the requests that are complete; undefined when a bound was passed. */
  read(text: string): UapiRequest[] | undefined {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    const complete: UapiRequest[] = [];
    for (const line of lines) {
      this.length += line.length + 1;
      if (line.length > UAPI_LINE_LENGTH || this.length > UAPI_REQUEST_LENGTH) return undefined;
      if (line !== '') this.request = requestOf(line, this.request);
      else if (this.request !== undefined) {
        complete.push(this.request);
        this.request = undefined;
        this.length = 0;
      }
    }
    return this.rest.length > UAPI_LINE_LENGTH ? undefined : complete;
  }
}

/** What a request is after one more line. */
function requestOf(line: string, before: UapiRequest | undefined): UapiRequest {
  if (before === 'set') return 'set';
  if (before !== undefined) return 'invalid'; // `get=1` has no second line
  return line === 'get=1' ? 'get' : line === 'set=1' ? 'set' : 'invalid';
}

/** Returns the answer; `list` is asked only when it is needed. */
export function answerUapi(request: UapiRequest, list: () => TunnelList): string {
  switch (request) {
    case 'get':
      return describe(list());
    case 'set':
      return `errno=${NOT_PERMITTED}\n\n`;
    case 'invalid':
      return `errno=${INVALID}\n\n`;
  }
}

function describe({ listenPort, tunnels }: TunnelList): string {
  const lines = [`listen_port=${listenPort}`, ...tunnels.flatMap(linesOf), 'errno=0'];
  return `${lines.join('\n')}\n\n`;
}

function linesOf(tunnel: ListedTunnel): string[] {
  const { endpoint, lastHandshake } = tunnel;
  return [
    `public_key=${toHex(tunnel.publicKey)}`,
    'protocol_version=1',
    ...(endpoint === undefined ? [] : [`endpoint=${endpoint}`]),
    `last_handshake_time_sec=${Math.floor((lastHandshake ?? 0) / 1000)}`,
    `last_handshake_time_nsec=${Math.floor((lastHandshake ?? 0) % 1000) * 1e6}`,
    `tx_bytes=${tunnel.txBytes}`,
    `rx_bytes=${tunnel.rxBytes}`,
    `persistent_keepalive_interval=${tunnel.persistentKeepalive}`,
    ...tunnel.allowedIps.map((prefix) => `allowed_ip=${prefix}`),
  ];
}
