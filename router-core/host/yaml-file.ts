/**
 * YAML files that people write: read within bounds, and changed without losing what they wrote.
 *
 * Standard: YAML 1.2.2. Two ways to take scalars:
 *
 *   `readYamlValues`   by the core schema (§10.3): numbers, switches, null
 *   `readYamlFile`     all as they are written (§10.1, failsafe), null excepted: for formats whose readers type by key, so
 *                      that `007` and `02:42:10:10` stay what they are
 *
 * Changing keeps comments, order, quotes and the text of every other value; blanks before comments and uneven indents are
 * made even, and a comment behind the key of a list stands above its first entry. Texts that are written are quoted unless every reader takes them for text.
 *
 * Invariant: nothing is composed deeper than `DEPTH_MAX`. Composing recurses, and V8 aborts the whole process when its stack
 * ends inside a regular expression: 20,000 brackets do that.
 *
 * @module
 */
import { closeSync, openSync, readSync } from 'node:fs';
import {
  Composer,
  Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Pair,
  Parser,
  Scalar,
  type SchemaOptions,
  visit,
  YAMLMap,
  YAMLSeq,
} from 'yaml';
import { RouterError } from '../base/errors.ts';

/** Lists and sets of keys inside each other; the deepest of our formats has seven. */
const DEPTH_MAX = 64;
/** A first buffer for a file; it doubles. */
const READ_OCTETS = 64 * 1024;
/** Aliases that may be expanded in all. */
const ALIASES_MAX = 100;

export type YamlPath = readonly (string | number)[];
export type YamlChange = { readonly path: YamlPath; readonly value: unknown };

/** A document of which every scalar is the text it is written as. */
export type YamlFile = {
  /** Returns lists, objects, texts and nulls. @throws RouterError `CONFIG_SYNTAX` for aliases that lead nowhere, or too many */
  values(): unknown;
  /** Returns `line:column` of the value at a path such as `Peers[3].EndPoint`, or of the nearest one around it. */
  placeOf(path: string): string | undefined;
  /** Puts values at their places; sets of keys on the way are made. Undefined takes out what stands there. */
  change(changes: readonly YamlChange[]): void;
  /** Returns the text; values of `alwaysQuoted` keys are quoted whatever they are. */
  text(alwaysQuoted?: readonly string[]): string;
};

/** Reads a file. @throws RouterError `CONFIG_UNREADABLE`, `CONFIG_TOO_LARGE`, `CONFIG_SYNTAX` */
export const readYamlFile = (path: string, octetsMax: number): YamlFile =>
  parseYamlFile(readTextFile(path, octetsMax), path);

/** Reads the values of a file by the core schema. @throws RouterError likewise */
export const readYamlValues = (path: string, octetsMax: number): unknown =>
  valuesOf(composed(readTextFile(path, octetsMax), path, {}).document, path);

/** Reads a text file of at most so many octets. @throws RouterError `CONFIG_UNREADABLE`, `CONFIG_TOO_LARGE` */
export function readTextFile(path: string, octetsMax: number): string {
  let octets: Uint8Array | undefined;
  try {
    octets = readAtMost(path, octetsMax);
  } catch (error) {
    const message = `${path} cannot be read: ${(error as Error).message}.`;
    throw new RouterError('CONFIG_UNREADABLE', message, { path }, error);
  }
  if (octets !== undefined) return new TextDecoder().decode(octets);
  const message = `${path} has more than ${octetsMax} octets.`;
  throw new RouterError('CONFIG_TOO_LARGE', message, { path });
}

/** Returns the octets, or undefined when there are more. Pipes and devices do not say beforehand. */
function readAtMost(path: string, octetsMax: number): Uint8Array | undefined {
  const file = openSync(path, 'r');
  try {
    let buffer = new Uint8Array(READ_OCTETS);
    let length = 0;
    for (;;) {
      const count = readSync(file, buffer, length, buffer.length - length, null);
      length += count;
      if (count === 0) return buffer.subarray(0, length);
      if (length > octetsMax) return undefined;
      if (length < buffer.length) continue;
      const larger = new Uint8Array(2 * buffer.length);
      larger.set(buffer);
      buffer = larger;
    }
  } finally {
    closeSync(file);
  }
}

/** Scalars as text, but for null. */
const TEXT_SCHEMA: SchemaOptions = { schema: 'failsafe', customTags: ['null'], merge: true };

/** Reads a text; `path` is its name in errors. @throws RouterError `CONFIG_SYNTAX` */
export function parseYamlFile(text: string, path: string): YamlFile {
  const { document, lineCounter } = composed(text, path, TEXT_SCHEMA);
  return {
    values: () => valuesOf(document, path),
    placeOf(place) {
      const range = nearestNode(document, pathOf(place))?.range;
      if (range === undefined || range === null) return undefined;
      const { line, col } = lineCounter.linePos(range[0]);
      return `${line}:${col}`;
    },
    change(changes) {
      for (const { path: at, value } of changes) {
        const around = collectionAt(document, at.slice(0, -1));
        const step = at.at(-1) ?? '';
        if (value === undefined) around.delete(keyFor(around, step));
        else put(around, step, nodeOf(value));
      }
    },
    text(alwaysQuoted = []) {
      visit(document, {
        Pair(_, { key, value }) {
          const isQuoted = isScalar(key) && alwaysQuoted.includes(String(key.value));
          if (isQuoted && isScalar(value) && value.value !== null) value.type = 'QUOTE_DOUBLE';
        },
      });
      return document.toString({ lineWidth: 0, ...layoutOf(document, text, lineCounter) });
    },
  };
}

/** Returns a document that holds these values. */
export function newYamlFile(values: unknown): YamlFile {
  const document = new Document(null, TEXT_SCHEMA);
  document.contents = nodeOf(values);
  return parseYamlFile(document.toString({ lineWidth: 0, indentSeq: false }), 'the document');
}

const syntaxError = (path: string, message: string, cause?: unknown): RouterError =>
  new RouterError('CONFIG_SYNTAX', `${path}: ${message}`, { path }, cause);

/** Composes the one document of the text. */
function composed(
  text: string,
  path: string,
  schema: SchemaOptions,
): { document: Document; lineCounter: LineCounter } {
  const lineCounter = new LineCounter();
  lineCounter.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1))
    lineCounter.addNewLine(at + 1);
  const wrong = (message: string, offset: number): RouterError => {
    const { line, col } = lineCounter.linePos(offset);
    return syntaxError(path, `${message.replace(/\.$/, '')} at line ${line}, column ${col}.`);
  };

  const parser = new Parser();
  const tokens = [];
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > DEPTH_MAX)
      throw wrong('Lists and sets of keys are nested too deeply', parser.offset);
  }
  for (const token of parser.end()) tokens.push(token);

  const [document, another] = new Composer({ ...schema, logLevel: 'error' }).compose(
    tokens,
    true,
    text.length,
  );
  if (document === undefined) throw wrong('There is no document', 0);
  if (another !== undefined) throw wrong('A second document begins', another.range[0]);
  const [problem] = document.errors;
  if (problem !== undefined) throw wrong(problem.message, problem.pos[0]);
  return { document, lineCounter };
}

function valuesOf(document: Document, path: string): unknown {
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (error) {
    // `Error` itself is thrown for a merge key of something that has no keys, `ReferenceError` for aliases.
    if (!(error instanceof Error) || !/^(?:Reference)?Error$/.test(error.name)) throw error;
    throw syntaxError(path, `${error.message}.`, error);
  }
}

/** Reads `Peers[3].EndPoint`. */
const pathOf = (place: string): YamlPath =>
  place
    .split(/\.|\[(\d+)\]/)
    .filter((piece) => piece !== undefined && piece !== '')
    .map((piece) => (/^\d+$/.test(piece) ? Number(piece) : piece));

function nearestNode(document: Document, path: YamlPath): Node | undefined {
  let nearest: unknown = document.contents;
  for (const step of path) {
    const around: unknown = isAlias(nearest) ? nearest.resolve(document) : nearest;
    const inside = isCollection(around) ? around.get(keyFor(around, step), true) : undefined;
    if (!isNode(inside)) break;
    nearest = inside;
  }
  return isNode(nearest) ? nearest : undefined;
}

/** Keys are texts, indices of lists are numbers. */
const keyFor = (collection: unknown, step: string | number): string | number =>
  isSeq(collection) ? step : String(step);

/** Returns the list or set of keys at a path; sets of keys on the way are made. */
function collectionAt(document: Document, path: YamlPath): YAMLMap | YAMLSeq {
  if (!isMap(document.contents)) document.contents = new YAMLMap(document.schema);
  let around = document.contents as YAMLMap | YAMLSeq;
  for (const step of path) {
    const inside: unknown = around.get(keyFor(around, step), true);
    const resolved = isAlias(inside) ? ownCopy(inside.resolve(document)) : inside;
    const next = isMap(resolved) || isSeq(resolved) ? resolved : new YAMLMap(document.schema);
    if (next !== inside) put(around, step, next);
    around = next;
  }
  return around;
}

/** A copy that may differ from what the alias stood for. */
function ownCopy(node: Node | undefined): Node | undefined {
  const copy = node?.clone();
  if (isNode(copy))
    visit(copy, {
      Collection(_, inside) {
        delete inside.anchor;
      },
      Scalar(_, inside) {
        delete inside.anchor;
      },
    });
  return copy as Node | undefined;
}

/** Replaces what stands there and keeps its comments. */
function put(around: YAMLMap | YAMLSeq, step: string | number, value: Node): void {
  const key = keyFor(around, step);
  const before: unknown = around.get(key, true);
  if (isNode(before)) {
    for (const what of ['comment', 'commentBefore', 'spaceBefore'] as const)
      if (before[what] !== undefined) Object.assign(value, { [what]: before[what] });
  }
  if (isMap(around) && before === undefined) around.set(keyNode(String(step)), value);
  // Setting a scalar would keep the old one's style with the new one's text.
  else if (isMap(around)) {
    const pair = around.items.find((item) => isScalar(item.key) && item.key.value === key);
    if (pair !== undefined) pair.value = value;
  } else around.set(key, value);
}

/** Returns values as nodes in which every scalar is text. */
function nodeOf(value: unknown): Node {
  if (Array.isArray(value)) {
    const seq = new YAMLSeq();
    seq.items = value.map(nodeOf);
    return seq;
  }
  if (typeof value === 'object' && value !== null) {
    const map = new YAMLMap();
    map.items = Object.entries(value).map(
      ([name, entry]) => new Pair(keyNode(name), nodeOf(entry)),
    );
    return map;
  }
  if (value === null || value === undefined) return new Scalar(null);
  const scalar = new Scalar(String(value));
  if (typeof value !== 'string' || isTextToAll(value)) scalar.type = 'PLAIN';
  else scalar.type = value.includes('\n') ? 'BLOCK_LITERAL' : 'QUOTE_DOUBLE';
  return scalar;
}

function keyNode(name: string): Scalar {
  const key = new Scalar(name);
  key.type = 'PLAIN';
  return key;
}

/** Whether no schema of YAML 1.1 or 1.2 takes the plain text for a number, switch, time or null. */
const isTextToAll = (text: string): boolean =>
  (/^[A-Za-z_/][\w./+-]*=?$/.test(text) || /^[\w+/]{43}=$/.test(text)) &&
  !/^(?:y|n|yes|no|on|off|true|false|null|nan|inf|e[-+]?[\d_]+)$/i.test(text);

type Layout = { indent: number; indentSeq: boolean; flowCollectionPadding: boolean };

/** How the file is laid out: what is changed shall look like the rest. */
function layoutOf(document: Document, text: string, lineCounter: LineCounter): Layout {
  const column = (node: unknown): number | undefined =>
    isNode(node) && node.range ? lineCounter.linePos(node.range[0]).col : undefined;
  const found: Partial<Layout> = {};
  visit(document, {
    Pair(_, { key, value }) {
      const outer = column(key);
      const inner = column(value);
      if (outer === undefined || inner === undefined || !isCollection(value)) return undefined;
      if (value.flow === true) {
        const second = text.charAt((value.range?.[0] ?? 0) + 1);
        if (value.items.length > 0) found.flowCollectionPadding ??= second === ' ';
      } else if (isSeq(value)) found.indentSeq ??= inner > outer;
      else if (inner > outer) found.indent ??= Math.min(8, inner - outer);
      return Object.keys(found).length === 3 ? visit.BREAK : undefined;
    },
  });
  return { indent: 2, indentSeq: false, flowCollectionPadding: false, ...found };
}
