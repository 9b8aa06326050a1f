/**
 * Tells systemd, or whoever started us as it does, how we are.
 *
 * Standard: sd_notify(3): a datagram with lines `NAME=value` to the Unix socket that NOTIFY_SOCKET names; a name that
 * begins with `@` is abstract. Without the variable nobody wants to know.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import { loadUnixSockets, SOCK_DGRAM, type UnixSockets } from '../unix-sockets.ts';

export type ServiceNotice = {
  readonly READY?: '1';
  readonly STOPPING?: '1';
  /** One line for people. */
  readonly STATUS?: string;
};

export interface ServiceManager {
  /** Tells; whoever does not listen any more misses it. */
  tell(notice: ServiceNotice): void;
}

export type ServiceManagerOptions = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called when nobody can be told: NATIVE_CALLS_MISSING, INTERFACE_FAILED. It is no reason to stop. */
  failed(error: RouterError): void;
};

export async function findServiceManager({
  env,
  failed,
}: ServiceManagerOptions): Promise<ServiceManager> {
  const path = env.NOTIFY_SOCKET ?? '';
  const nobody: ServiceManager = { tell: () => undefined };
  if (path === '') return nobody;
  try {
    const sockets = await loadUnixSockets('Telling systemd that we are ready');
    return { tell: (notice) => tell(sockets, path, linesOf(notice), failed) };
  } catch (error) {
    if (!(error instanceof RouterError)) throw error;
    failed(error);
    return nobody;
  }
}

/** A line's end in a value would begin another variable. */
const linesOf = (notice: ServiceNotice): string =>
  Object.entries(notice)
    .map(([name, value]) => `${name}=${value.replace(/[\r\n]+/g, ' ')}`)
    .join('\n');

function tell(
  sockets: UnixSockets,
  path: string,
  lines: string,
  failed: (error: RouterError) => void,
): void {
  try {
    const fd = sockets.connect(SOCK_DGRAM, path);
    const result = sockets.writeOctets(fd, Buffer.from(lines));
    sockets.close(fd);
    if (result < 0) failed(refusal(path, `errno ${-result}`));
  } catch (error) {
    if (error instanceof RouterError) failed(error);
    else if (error instanceof Error && 'syscall' in error) failed(refusal(path, error.message));
    else throw error;
  }
}

const refusal = (path: string, why: string): RouterError =>
  new RouterError('INTERFACE_FAILED', `NOTIFY_SOCKET ${path} takes no message: ${why}.`);
