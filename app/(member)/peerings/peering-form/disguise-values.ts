/**
 * How a peering is disguised, as the operator's form has it: a kind, a key, lines of options.
 *
 * Not standardized; options are those of AmneziaWG, a line each, so that lines of an awg-quick file can be
 * pasted: `Jc = 4` is `jc = 4`. What values mean is for the rules to judge.
 *
 * @module
 */
import type { Obfuscation } from '../../../_queries/view-models.ts';

export const DISGUISE_KINDS = [
  'none',
  'amneziawg',
  'wgobfs',
  'ipt_xor',
] as const satisfies Obfuscation['kind'][];

export type DisguiseValues = {
  /** `kept`: not this form's to decide. `as-port`: as the UDP port says. */
  readonly disguise: 'kept' | 'as-port' | Obfuscation['kind'];
  readonly disguiseKey: string;
  readonly disguiseOptions: string;
};

/** @param mayChoose whether the form decides, as an operator's does. */
export function disguiseValuesOf(
  obfuscation: Obfuscation | null,
  mayChoose: boolean,
): DisguiseValues {
  return {
    disguise: mayChoose ? (obfuscation?.kind ?? 'as-port') : 'kept',
    disguiseKey: obfuscation !== null && 'key' in obfuscation ? obfuscation.key : '',
    disguiseOptions: obfuscation?.kind === 'amneziawg' ? linesOf(obfuscation) : '',
  };
}

/**
 * Draws options for whoever has none: options that everybody has are a header again. Messages get other
 * sizes and types; packets keep their size, and so the tunnel its MTU.
 *
 * @param below draws a whole number from 0 to one less.
 */
export function drawOptions(below: (limit: number) => number): string {
  const jmin = 40 + below(40);
  const types = [1, 2, 3, 4].map((message) => {
    const low = message * TYPES_APART + below(TYPES_APART - TYPES_OF_ONE);
    return `h${message} = ${low}-${low + TYPES_OF_ONE - 1}`;
  });
  return [
    `jc = ${3 + below(4)}`,
    `jmin = ${jmin}`,
    `jmax = ${jmin + 20 + below(100)}`,
    `s1 = ${15 + below(40)}`,
    `s2 = ${15 + below(40)}`,
    ...types,
  ].join('\n');
}

/** Of the 2^32 types; four ranges never meet. */
const TYPES_APART = 2 ** 29;
const TYPES_OF_ONE = 100_000;

/** Returns what is asked for: null for the port's, undefined where the form does not decide. */
export function obfuscationOf(values: DisguiseValues): Obfuscation | null | undefined {
  switch (values.disguise) {
    case 'kept':
      return undefined;
    case 'as-port':
      return null;
    case 'none':
      return { kind: 'none' };
    case 'wgobfs':
    case 'ipt_xor':
      return { kind: values.disguise, key: values.disguiseKey.trim() };
    case 'amneziawg':
      // The rules name what is no option, and what has the wrong type.
      return { ...Object.fromEntries(optionsOf(values.disguiseOptions)), kind: 'amneziawg' };
  }
}

const linesOf = ({ kind, ...options }: Obfuscation): string =>
  Object.entries(options)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n');

/** A line without "=" becomes an option of that name, which the rules refuse by its name. */
function optionsOf(text: string): [string, string | number | boolean][] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const at = line.indexOf('=');
      const name = (at < 0 ? line : line.slice(0, at)).trim();
      const value = at < 0 ? '' : line.slice(at + 1).trim();
      return [name.charAt(0).toLowerCase() + name.slice(1), readOption(value)];
    });
}

function readOption(text: string): string | number | boolean {
  if (/^[0-9]{1,10}$/.test(text)) return Number(text);
  if (text === 'on' || text === 'true') return true;
  return text === 'off' || text === 'false' ? false : text;
}
