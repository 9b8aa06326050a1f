/**
 * What an edge or supernode asks of the machine: sockets, addresses of names, HTTP, time, a line in a file.
 *
 * Not standardized; the questions are those of mesh/etherguard/ports.ts. Who drives it is another matter: a driver of its
 * own (mesh-driver.ts), or the one of a whole node (node-mesh.ts).
 *
 * Invariants
 * - Every question is answered once, also when it fails; when nobody is there any more, by nobody.
 * - Of a socket that was closed meanwhile nothing is told: its number may be the next life's by then.
 *
 * @module
 */
import type { UnderlayAddress } from '../../base/endpoint.ts';
import type { IpAddress, IpFamily } from '../../base/ip-address.ts';
import type { SocketId, WallClock } from '../../base/units.ts';
import type { ConfigChange } from '../../mesh/etherguard/config/index.ts';
import type { MeshEdge } from '../../mesh/etherguard/edge/index.ts';
import type { MeshAnswers, MeshOutput } from '../../mesh/etherguard/ports.ts';
import { resolveAll } from '../resolve.ts';
import { monotonicNow } from '../system-clock.ts';
import type { FamilySockets } from '../udp-sockets.ts';
import { createHttpClient } from './http-client.ts';
import { NAME_QUESTIONS, TIME_QUESTIONS } from './limits.ts';
import { localAddressTowards } from './local-addresses.ts';
import { askTime } from './time-client.ts';

export type MeshLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields: Readonly<Record<string, unknown>>,
) => void;

export type MeshErrandsOptions = {
  /** Families in use: names have addresses of these only. */
  readonly families: () => readonly (4 | 6)[];
  readonly sockets: Pick<FamilySockets, 'openFamily' | 'close'>;
  /** What time servers are compared with. */
  readonly wallClock: WallClock;
  readonly log: MeshLog;
  /** Writes what was learned, now or when it becomes possible. */
  changeConfig(changes: readonly ConfigChange[]): void;
  /** Who asked; undefined: gone. */
  answers(): (MeshAnswers & Partial<Pick<MeshEdge, 'answered' | 'timeTold'>>) | undefined;
  /** Called after each answer. */
  wake(): void;
};

export type SocketOutcome = {
  readonly socket: SocketId;
  /** Why the family is not there. */
  readonly missing?: string;
  /** Why it could not be opened although it is. */
  readonly failure?: string;
};

type Of<Kind extends MeshOutput['kind']> = Extract<MeshOutput, { readonly kind: Kind }>;

export interface MeshErrands {
  openSocket(wish: Of<'open-socket'>): Promise<SocketOutcome>;
  carryOut(output: Of<'close-socket' | 'resolve' | 'request' | 'ask-time' | 'change-config'>): void;
  /** Gives up what is under way over HTTP. */
  stop(): void;
}

export function createMeshErrands(options: MeshErrandsOptions): MeshErrands {
  const { sockets, wallClock, log, answers, wake } = options;
  const http = createHttpClient();
  /** What each socket was asked for last. */
  const wishes = new Map<SocketId, Of<'open-socket'>>();
  let names = 0;
  let times = 0;

  async function resolve(wish: Of<'resolve'>): Promise<void> {
    const { question, host, port, prefer } = wish;
    let addresses: UnderlayAddress[] = [];
    if (names < NAME_QUESTIONS) {
      names++;
      const found = await resolveAll(host).finally(() => names--);
      const families = options.families();
      const usable = found.filter((address) => families.includes(address.family));
      const ordered = prefer === 0 ? usable : await preferring(prefer, usable, port);
      addresses = ordered.map((address) => ({ address, port }));
    }
    if (addresses.length === 0) log('warn', 'a name has no address we can use', { host });
    answers()?.resolved(question, addresses, monotonicNow());
    wake();
  }

  async function ask({ question, ...request }: Of<'request'>): Promise<void> {
    const outcome = await http.ask(request);
    if (outcome === undefined) return;
    answers()?.answered?.(question, outcome, monotonicNow());
    wake();
  }

  async function askClock({ question, server, timeout }: Of<'ask-time'>): Promise<void> {
    let answer: Awaited<ReturnType<typeof askTime>>;
    if (times < TIME_QUESTIONS) {
      times++;
      answer = await askTime(server, timeout, wallClock).finally(() => times--);
    }
    answers()?.timeTold?.(question, answer, monotonicNow());
    wake();
  }

  return {
    async openSocket(wish) {
      const { socket, family, host } = wish;
      wishes.set(socket, wish);
      try {
        const { port, note } = await sockets.openFamily(socket, wish);
        if (wishes.get(socket) !== wish) return { socket };
        if (note !== undefined)
          log('warn', 'datagrams have no mark', { mark: wish.mark, reason: note });
        answers()?.socketOpened(socket, port, monotonicNow());
        return { socket };
      } catch (error) {
        if (wishes.get(socket) !== wish) return { socket };
        const { code, message } = error as NodeJS.ErrnoException;
        answers()?.socketFailed(socket, message, monotonicNow());
        const where = `UDP port ${wish.port} on ${host}`;
        if (isUnspecified(host) && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL')) {
          return {
            socket,
            missing: `${where} cannot be opened: this machine has no IPv${family}.`,
          };
        }
        return { socket, failure: `${where} cannot be opened: ${message}.` };
      } finally {
        wake();
      }
    },
    carryOut(output) {
      switch (output.kind) {
        case 'close-socket':
          wishes.delete(output.socket);
          sockets.close(output.socket);
          return;
        case 'resolve':
          resolve(output);
          return;
        case 'request':
          ask(output);
          return;
        case 'ask-time':
          askClock(output);
          return;
        case 'change-config':
          options.changeConfig(output.changes);
      }
    },
    stop: () => http.stop(),
  };
}

/** Addresses of the preferred family first, or last where this machine has no route to it. */
async function preferring(
  prefer: IpFamily,
  addresses: readonly IpAddress[],
  port: number,
): Promise<IpAddress[]> {
  const wanted = addresses.find(({ family }) => family === prefer);
  if (wanted === undefined) return [...addresses];
  const hasRoute = (await localAddressTowards(wanted, port)) !== undefined;
  // A stable sort: within a family the resolver's order stays.
  const rank = ({ family }: IpAddress): number => +((family === prefer) !== hasRoute);
  return addresses.toSorted((a, b) => rank(a) - rank(b));
}

const isUnspecified = (host: string): boolean => host === '0.0.0.0' || host === '::';
