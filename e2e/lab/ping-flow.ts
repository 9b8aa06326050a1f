/**
 * Packets at an even pace while something happens, and how many of them came back.
 *
 * @module
 */
import type { Host } from './network.ts';
import { Daemon } from './process.ts';

export type PingFlow = {
  /** Ends it. The last packets may still have been under way. */
  end(): Promise<{ readonly sent: number; readonly received: number; readonly lost: number }>;
};

const INTERVAL_SECONDS = '0.02';

/** Starts fifty packets a second from a host; `options` are those of ping(8). */
export function startPings(host: Host, to: string, ...options: string[]): PingFlow {
  const line = ['ping', '-q', '-i', INTERVAL_SECONDS, ...options, to] as const;
  const ping = new Daemon(`ping ${to}`, ...host.inside(...line));
  return {
    async end() {
      await ping.stop('SIGINT');
      const { sent, received } = packetsOf(ping.output);
      return { sent, received, lost: sent - received };
    },
  };
}

/** What ping(8) says of all its packets. @throws when it says nothing */
export function packetsOf(output: string): { sent: number; received: number } {
  const [, sent, received] =
    /(\d+) packets transmitted, (\d+) received/.exec(output)?.map(Number) ?? [];
  if (sent === undefined || received === undefined)
    throw new Error(`ping says nothing of its packets: ${output}`);
  return { sent, received };
}
