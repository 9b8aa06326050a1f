/**
 * Text from strangers, made safe to print.
 *
 * Registry objects, shutdown communications (RFC 9003), host names and software versions pass here
 * at the edge, once. What is dropped: C0 and C1 controls with their ANSI sequences, bidi controls,
 * zero-width and other format characters, line and paragraph separators, lone surrogates.
 *
 * Not standardized; Unicode TR36 §2.10 tells why bidi controls are dangerous in displayed text.
 *
 * @module
 */

const ANSI_SEQUENCE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it removes
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const NOT_PRINTABLE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]|\p{Cf}|\p{Cs}|\p{Co}|\p{Cn}/gu;

/** Returns the text without anything that a terminal or a page could take for a command, at most `limit` characters. */
export function printable(text: string, limit = 1000): string {
  const clean = text
    .slice(0, limit * 4)
    .replace(ANSI_SEQUENCE, '')
    .replace(/[\r\n\t]+/g, ' ')
    .replace(NOT_PRINTABLE, '');
  if (clean.length <= limit) return clean;
  // A character outside the first plane has two units: what looks too long may fit.
  const characters = [...clean];
  return characters.length <= limit ? clean : `${characters.slice(0, limit - 1).join('')}…`;
}

const utf8 = new TextDecoder('utf-8', { fatal: false });

/** Decodes octets as UTF-8, replacing what is not, and returns the printable part. */
export const printableBytes = (b: Uint8Array, limit = 1000): string =>
  printable(utf8.decode(b), limit);
