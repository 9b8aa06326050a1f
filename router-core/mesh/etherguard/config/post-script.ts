/**
 * The post script: a command that runs once the interface is there. Its words, and what it is told.
 *
 * Standard: POSIX.1-2017 Shell Command Language §2.2 (quoting) and nothing else of a shell: no variables, patterns,
 * pipes or comments. The environment is EtherGuard's.
 *
 * @module
 */
import { formatMacAddress, type MacAddress } from '../../../base/mac-address.ts';
import type { NodeNumber } from '../../node-number.ts';
import { SCRIPT_WORDS_MAX } from './limits.ts';

export type SplitWords = { readonly words: readonly string[] } | { readonly problem: string };

/** Splits a command as a shell would: blanks part words; quotes and backslashes keep what they protect. */
export function splitWords(command: string): SplitWords {
  const words: string[] = [];
  let word: string | undefined;
  for (let i = 0; i < command.length; i++) {
    const c = command.charAt(i);
    if (c === "'" || c === '"') {
      const quoted = quotedFrom(command, i);
      if (quoted === undefined) return { problem: `has no closing ${c} for the one at ${i + 1}.` };
      word = (word ?? '') + quoted.text;
      i = quoted.end;
    } else if (c === '\\') {
      if (i + 1 === command.length) return { problem: 'ends with a backslash.' };
      i++;
      // A backslash before the end of a line joins lines.
      if (command[i] !== '\n') word = (word ?? '') + command.charAt(i);
    } else if (/[ \t\n]/.test(c)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? '') + c;
    }
    if (words.length > SCRIPT_WORDS_MAX)
      return { problem: `has more than ${SCRIPT_WORDS_MAX} words.` };
  }
  if (word !== undefined) words.push(word);
  return { words };
}

/** Reads from the quote at `start` to its partner: the text between, and where the partner stands. */
function quotedFrom(command: string, start: number): { text: string; end: number } | undefined {
  const quote = command.charAt(start);
  let text = '';
  for (let i = start + 1; i < command.length; i++) {
    const c = command.charAt(i);
    if (c === quote) return { text, end: i };
    // POSIX §2.2.3: within double quotes a backslash protects these only.
    if (quote === '"' && c === '\\' && /[$`"\\\n]/.test(command.charAt(i + 1))) {
      i++;
      if (command[i] !== '\n') text += command.charAt(i);
    } else {
      text += c;
    }
  }
  return undefined;
}

export type ScriptSubject = {
  readonly nodeName: string;
  readonly node: NodeNumber;
  readonly interfaceName: string;
  readonly interfaceType: string;
  readonly macAddressPrefix: string;
  readonly macAddress: MacAddress;
};

/** Returns the variables of an edge's script. Scripts of a supernode get none: so it is with real ones. */
export function scriptEnvironment(edge: ScriptSubject): Readonly<Record<string, string>> {
  const low = edge.node & 0xff;
  const high = edge.node >>> 8;
  return {
    EG_MODE: 'edge',
    EG_NODE_NAME: edge.nodeName,
    EG_NODE_ID_INT_DEC: String(edge.node),
    EG_NODE_ID_INT_HEX: edge.node.toString(16),
    EG_NODE_ID_BYTE0_DEC: String(low),
    EG_NODE_ID_BYTE1_DEC: String(high),
    EG_NODE_ID_BYTE0_HEX: low.toString(16).toUpperCase(),
    EG_NODE_ID_BYTE1_HEX: high.toString(16).toUpperCase(),
    EG_INTERFACE_NAME: edge.interfaceName,
    EG_INTERFACE_TYPE: edge.interfaceType,
    EG_INTERFACE_MAC_PREFIX: edge.macAddressPrefix,
    EG_INTERFACE_MAC_ADDR: formatMacAddress(edge.macAddress),
  };
}
