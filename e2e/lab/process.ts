/**
 * Processes of the lab: started here, watched here, ended here by their ids.
 *
 * @module
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';

export type Output = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a command to its end. Never rejects: the code says how it went. */
export function run(
  command: string,
  args: readonly string[],
  options: { input?: string; timeoutMs?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<Output> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      [...args],
      {
        timeout: options.timeoutMs ?? 30_000,
        maxBuffer: 64 * 1024 * 1024,
        ...(options.env === undefined ? {} : { env: options.env }),
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
        resolve({ code, stdout, stderr: error !== null && stderr === '' ? error.message : stderr });
      },
    );
    // A program that reads no input may be gone before this is written.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

/** Runs a command and returns its output. @throws when it fails, with what it printed */
export async function must(
  command: string,
  args: readonly string[],
  options: { input?: string; timeoutMs?: number } = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr || stdout}`);
  return stdout;
}

/** A program that keeps running, with everything it printed. */
export class Daemon {
  readonly name: string;
  output = '';
  private readonly child: ChildProcess;
  private readonly listeners = new Set<() => void>();

  constructor(
    name: string,
    command: string,
    args: readonly string[],
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.name = name;
    this.child = spawn(command, [...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString();
      for (const listener of this.listeners) listener();
    };
    this.child.stdout?.on('data', take);
    this.child.stderr?.on('data', take);
    this.child.on('error', (error) => take(Buffer.from(`${error.message}\n`)));
    this.child.on('exit', (code) => take(Buffer.from(`\n[${name} ended with ${code}]\n`)));
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits until the output matches. @throws with the output when it does not in time */
  async printed(pattern: RegExp, timeoutMs = 20_000): Promise<RegExpMatchArray> {
    const until = Date.now() + timeoutMs;
    for (;;) {
      const match = this.output.match(pattern);
      if (match !== null) return match;
      if (Date.now() > until || !this.isRunning)
        throw new Error(`${this.name} did not print ${pattern}:\n${this.output}`);
      await new Promise<void>((resolve) => {
        const listener = (): void => {
          clearTimeout(timer);
          this.listeners.delete(listener);
          resolve();
        };
        const timer = setTimeout(listener, 200);
        this.listeners.add(listener);
      });
    }
  }

  /** Ends the program; after three seconds by force. Returns its exit code, null when a signal ended it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.isRunning) {
      const ended = once(this.child, 'exit');
      this.child.kill(signal);
      const force = setTimeout(() => this.child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(force);
    }
    return this.child.exitCode;
  }
}

/** Asks until the answer is right. @throws with the last answer when it is not in time */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T>,
  isRight: (answer: T) => boolean,
  timeoutMs = 20_000,
  everyMs = 200,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (isRight(answer)) return answer;
    if (Date.now() > until)
      throw new Error(
        `${what}: not within ${timeoutMs / 1000} s; last answer:\n${typeof answer === 'string' ? answer : JSON.stringify(answer, null, 2)}`,
      );
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
