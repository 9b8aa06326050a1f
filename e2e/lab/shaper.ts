/**
 * The shaper as a process in a host of the lab.
 *
 * @module
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Host } from './network.ts';
import { Daemon } from './process.ts';
import { buildPrograms, programLine } from './programs.ts';
import type { Directions, ShaperCounters, ShaperOptions } from './udp-shaper.ts';

export class Shaper extends Daemon {
  private remaps = 0;
  private changes = 0;
  private readonly lines: string;

  constructor(host: Host, options: ShaperOptions) {
    const lines = join(mkdtempSync(join(tmpdir(), 'r42-shaper-')), 'lines.json');
    super('shaper', ...host.inside(...programLine('shaper', options), lines));
    this.lines = lines;
  }

  /** From now on the lines are like this, one for each relay. */
  async change(lines: readonly Directions[]): Promise<void> {
    writeFileSync(this.lines, JSON.stringify(lines));
    process.kill(this.pid, 'SIGHUP');
    await this.printed(new RegExp(`CHANGED ${++this.changes}`));
  }

  /** Another port towards every target: what a NAT does that forgot. */
  async remap(): Promise<void> {
    process.kill(this.pid, 'SIGUSR2');
    await this.printed(new RegExp(`REMAPPED ${++this.remaps}`));
  }

  /** Ends it and returns what it did. */
  async finish(): Promise<ShaperCounters> {
    await this.stop();
    rmSync(dirname(this.lines), { recursive: true });
    const [, text = '{}'] = await this.printed(/COUNTERS (.*)/);
    return JSON.parse(text) as ShaperCounters;
  }
}

export async function startShaper(host: Host, options: ShaperOptions): Promise<Shaper> {
  await buildPrograms('shaper');
  const shaper = new Shaper(host, options);
  await shaper.printed(/RELAYING/);
  return shaper;
}
