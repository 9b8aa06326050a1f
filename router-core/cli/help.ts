/**
 * What `rootless42 <command> --help` prints.
 *
 * Not standardized. The original's `-help` is understood as well.
 *
 * @module
 */
import type { Command } from './command.ts';

const WORDS: ReadonlySet<string> = new Set(['--help', '-help', '-h']);

/** Whether help is asked for; what stands behind `--` is no option. */
export function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).some((word) => WORDS.has(word));
}

/** Returns usage, options with their defaults, and an example. */
export function helpOf(name: string, { usage, summary, help }: Command): string {
  const lines = [`usage: rootless42 ${name} ${usage}`.trimEnd(), '', sentence(summary)];
  if (help !== undefined) {
    const width = Math.max(...help.options.map(([option]) => option.length));
    lines.push('', 'options:');
    for (const [option, meaning] of help.options)
      lines.push(`  ${option.padEnd(width)}  ${meaning}`);
    if (help.notes !== undefined) lines.push('', ...help.notes);
    lines.push('', 'example:', `  ${help.example}`);
  }
  return `${lines.join('\n')}\n`;
}

const sentence = (summary: string): string =>
  `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
