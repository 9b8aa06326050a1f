/**
 * What the mesh of a simulated router finds around it: sockets, names, HTTP and time.
 *
 * Not standardized; docs/architecture.md §13. HTTP is a question to the supernode of whoever has the address, which
 * travels as long as a datagram; all clocks show the same, so a time server tells nothing new.
 *
 * @module
 */
import { parseIpAddress } from '../base/ip-address.ts';
import { type Instant, milliseconds, type SocketId } from '../base/units.ts';
import type { ApiRequest, ApiResponse } from '../mesh/etherguard/supernode/index.ts';
import type { MeshHost, Router, RouterOutput } from '../router/index.ts';
import { storedGzip } from './stored-gzip.ts';

type MeshOutput = Extract<RouterOutput, { kind: 'mesh' }>;

/** The machine of a simulated router. */
export type MeshMachine = {
  readonly router: Router;
  /** Runs it after this time, unless the router is gone by then. */
  later(ms: ReturnType<typeof milliseconds>, run: (now: Instant) => void): void;
  /** Listens in one family, at a free port for 0; undefined when somebody does already. */
  open(socket: SocketId, family: 4 | 6, port: number): number | undefined;
  close(socket: SocketId): void;
  addressOf(name: string): ReturnType<typeof parseIpAddress>;
  /** Asks whoever is at this address and port; undefined: nobody. */
  askWeb(host: string, port: number, request: WebRequest): ApiResponse | undefined;
};

export type WebRequest = Omit<ApiRequest, 'serves'>;

const encoder = new TextEncoder();
const ONE_WAY = milliseconds(10);
const THERE_AND_BACK = milliseconds(20);
/** What RFC 9110 §4.2.1 says of http. */
const HTTP_PORT = 80;

/** For the ports of a Router that is simulated. */
export const simulatedMeshHost: MeshHost = {
  compression: storedGzip,
  // JSON is YAML, and a template that is a text came from nowhere in a simulation.
  renderEdgeTemplate(template, changes) {
    const file = structuredClone(typeof template === 'string' ? {} : template);
    for (const { path, value } of changes) setIn(file, path, value);
    return JSON.stringify(file);
  },
};

/** Does what the mesh of a router asks for. */
export function carryOutMesh(machine: MeshMachine, { instance, output }: MeshOutput): void {
  const { router, later } = machine;
  switch (output.kind) {
    case 'open-socket': {
      const { socket, family, port } = output;
      later(milliseconds(0), (now) => {
        const open = machine.open(socket, family, port);
        if (open === undefined) router.mesh.socketFailed(socket, 'address in use', now);
        else router.mesh.socketOpened(socket, open, now);
      });
      return;
    }
    case 'close-socket':
      machine.close(output.socket);
      return;
    case 'resolve': {
      const { question, host, port } = output;
      later(THERE_AND_BACK, (now) => {
        const address = parseIpAddress(host) ?? machine.addressOf(host);
        const found = address === undefined ? [] : [{ address, port }];
        router.mesh.resolved(instance, question, found, now);
      });
      return;
    }
    case 'request': {
      const { question, body = new Uint8Array(0) } = output;
      const url = new URL(output.url);
      const request: WebRequest = {
        path: url.pathname,
        query: new Map(url.searchParams),
        // Edges send none.
        form: new Map(),
        body,
        from: 'simulated',
      };
      later(ONE_WAY, () => {
        const host = url.hostname.replace(/^\[|\]$/g, '');
        const response = machine.askWeb(host, Number(url.port || HTTP_PORT), request);
        later(ONE_WAY, (now) => {
          const outcome =
            response === undefined
              ? { reason: 'nobody is there' }
              : { status: response.status, body: encoder.encode(response.body) };
          router.mesh.answered(question, outcome, now);
        });
      });
      return;
    }
    case 'ask-time': {
      const { question } = output;
      const answer = { offsetSeconds: 0, roundTrip: THERE_AND_BACK };
      later(THERE_AND_BACK, (now) => router.mesh.timeTold(question, answer, now));
      return;
    }
    // What is learnt is learnt again: a simulated router has no file.
    case 'change-config':
    case 'log':
  }
}

function setIn(file: object, [key = '', ...rest]: readonly (string | number)[], value: unknown) {
  if (rest.length === 0) Reflect.set(file, key, value);
  else {
    const inner: unknown = Reflect.get(file, key);
    const isSet = typeof inner === 'object' && inner !== null;
    if (!isSet) Reflect.set(file, key, {});
    setIn(Reflect.get(file, key), rest, value);
  }
}
