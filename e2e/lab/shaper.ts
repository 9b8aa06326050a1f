/**
 * The shaper as a process in a host of the lab.
 *
 * @module
 */
import type { Host } from './network.ts';
import { Daemon } from './process.ts';
import { buildPrograms, programLine } from './programs.ts';
import type { ShaperCounters, ShaperOptions } from './udp-shaper.ts';

export class Shaper extends Daemon {
  private remaps = 0;

  /** Another port towards every target: what a NAT does that forgot. */
  async remap(): Promise<void> {
    process.kill(this.pid, 'SIGUSR2');
    await this.printed(new RegExp(`REMAPPED ${++this.remaps}`));
  }

  /** Ends it and returns what it did. */
  async finish(): Promise<ShaperCounters> {
    await this.stop();
    const [, text = '{}'] = await this.printed(/COUNTERS (.*)/);
    return JSON.parse(text) as ShaperCounters;
  }
}

export async function startShaper(host: Host, options: ShaperOptions): Promise<Shaper> {
  await buildPrograms('shaper');
  const shaper = new Shaper('shaper', ...host.inside(...programLine('shaper', options)));
  await shaper.printed(/RELAYING/);
  return shaper;
}
