/**
 * An obfuscation as plain data: what stands in a configuration, its schema and what is wrong with it.
 *
 * Not standardized; names are those of the other implementations, in the case of our own documents.
 *
 * Invariant: what passes without a finding makes an obfuscation (build.ts) without an exception, and
 * can be interpolated into texts that peers run as root.
 *
 * @module
 */
import type { Finding } from '../../base/errors.ts';
import { checkSchema, type Field, type Schema } from '../../base/schema.ts';
import { type AmneziaWgOptions, parseAmneziaWg } from './amneziawg-parameters.ts';
import { SIGNATURE_TEXT_MAX, WGOBFS_KEY_BYTES_MAX, XOR_KEY_BYTES_MAX } from './limits.ts';

const OBFUSCATION_KINDS = ['none', 'amneziawg', 'wgobfs', 'ipt_xor'] as const;

export type ObfuscationConfig =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'amneziawg' } & AmneziaWgOptions)
  | { readonly kind: 'wgobfs'; readonly key: string }
  | { readonly kind: 'ipt_xor'; readonly key: string };

const count = (help: string): Field => ({ kind: 'number', maximum: 65535, help });
const range = (help: string): Field => ({
  kind: 'any-of',
  options: [
    { kind: 'number', maximum: 0xffffffff },
    { kind: 'string', maxLength: 21 },
  ],
  help,
});
const signature = (help: string): Field => ({
  kind: 'string',
  maxLength: SIGNATURE_TEXT_MAX,
  help,
});

const AMNEZIAWG_FIELDS: Readonly<Record<keyof AmneziaWgOptions, Field>> = {
  jc: count('junk datagrams before every initiation'),
  jmin: count('their smallest size in octets'),
  jmax: count('their largest size, which itself never occurs'),
  s1: count('octets in front of an initiation; equal on both sides'),
  s2: count('octets in front of a response; equal on both sides'),
  s3: count('octets in front of a cookie reply; equal on both sides'),
  s4: count('octets in front of every packet; equal on both sides'),
  h1: range('type of initiations, a number or a range; equal on both sides'),
  h2: range('type of responses; equal on both sides'),
  h3: range('type of cookie replies; equal on both sides'),
  h4: range('type of packets; equal on both sides'),
  i1: signature('first datagram before every initiation, as tags such as <b 0xc7><r 8><t>'),
  i2: signature('second one'),
  i3: signature('third one'),
  i4: signature('fourth one'),
  i5: signature('fifth one'),
  headerProtectionKey: {
    kind: 'string',
    maxLength: 44,
    secret: true,
    help: 'masks headers; 32 octets in base64, s1 to s4 at least 12; equal on both sides',
  },
  contentPaddingAddition: range('zero octets added to every packet, within the MTU'),
  rekeyAfterTime: range('seconds after which a key pair is replaced'),
  rekeyTimeout: range('seconds until an initiation is repeated'),
  rejectAfterTime: range('seconds after which a key pair is refused'),
  keepaliveTimeout: range('seconds of silence after which a keepalive answers'),
  maxHandshakeAttempts: range('initiations before giving up'),
  randomTrailers: { kind: 'boolean', help: 'random lengths of all messages; equal on both sides' },
  disableCookies: { kind: 'boolean', help: 'never answer with a cookie' },
};

/** Parameters of generation 1.5 that later ones removed: known here to say so. */
const REMOVED = ['j1', 'j2', 'j3', 'itime'] as const;

export const OBFUSCATION_SCHEMA: Schema = {
  kind: 'object',
  fields: {
    kind: { kind: 'string', oneOf: OBFUSCATION_KINDS, required: true },
    key: {
      kind: 'string',
      maxLength: XOR_KEY_BYTES_MAX,
      secret: true,
      help: 'of wgobfs (1 to 32 characters) or ipt_xor (1 to 64); equal on both sides',
    },
    ...AMNEZIAWG_FIELDS,
    ...Object.fromEntries(REMOVED.map((name) => [name, signature('removed')])),
  },
  help: 'how messages are disguised; the other side needs the same',
};

/** Each side has its own; every peer accepts WireGuard's. */
const TIMINGS = [
  'rekeyAfterTime',
  'rekeyTimeout',
  'rejectAfterTime',
  'keepaliveTimeout',
  'maxHandshakeAttempts',
] as const;

const KEY_TEXT = /^[A-Za-z0-9._-]+$/;
const TAGS = /^(?:\s*<[a-z]{1,2}(?: +(?:0x)?[0-9a-fA-F]+)? *>)*\s*$/;

/** Returns everything wrong with an obfuscation of a document. */
export function checkObfuscation(value: unknown, path: string): Finding[] {
  const findings = checkSchema(OBFUSCATION_SCHEMA, value, path);
  if (findings.length > 0) return findings;
  const config = value as ObfuscationConfig; // The schema has the names and types of every kind.
  const add =
    (severity: Finding['severity']) =>
    (name: string, message: string): void => {
      findings.push({
        code: 'OBFUSCATION_INVALID',
        path: `${path}.${name}`,
        message: `${name} ${message}.`,
        severity,
      });
    };
  const wrong = add('error');
  const { kind, ...options } = config;
  const known =
    kind === 'none' ? [] : kind === 'amneziawg' ? Object.keys(AMNEZIAWG_FIELDS) : ['key'];
  for (const [name, value] of Object.entries<unknown>(options)) {
    // YAML reads a key without a value as null.
    if (value === null) wrong(name, 'has no value');
    else if (REMOVED.some((removed) => removed === name)) {
      wrong(name, 'was removed from AmneziaWG; i1 to i5 do the same');
    } else if (!known.includes(name)) wrong(name, `is no option of ${kind}`);
  }
  if (findings.length > 0) return findings;
  switch (config.kind) {
    case 'none':
      break;
    case 'wgobfs':
      checkKey(config.key, WGOBFS_KEY_BYTES_MAX, wrong);
      break;
    case 'ipt_xor':
      checkKey(config.key, XOR_KEY_BYTES_MAX, wrong);
      break;
    case 'amneziawg':
      checkSignatures(config, wrong);
      for (const { name, message } of parseAmneziaWg(config).problems) wrong(name, message);
      for (const name of TIMINGS) {
        if (config[name] !== undefined)
          add('warning')(name, "is told to the peer; this node keeps WireGuard's own timing");
      }
  }
  return findings;
}

type Report = (name: string, message: string) => void;

function checkKey(key: string | undefined, most: number, wrong: Report): void {
  if (key === undefined || key.length > most || !KEY_TEXT.test(key))
    wrong('key', `is 1 to ${most} letters, digits, dots, hyphens and underscores`);
}

/** The others skip text between tags; here it would go into texts for peers unread. */
function checkSignatures(options: AmneziaWgOptions, wrong: Report): void {
  for (const name of ['i1', 'i2', 'i3', 'i4', 'i5'] as const) {
    if (!TAGS.test(options[name] ?? '')) wrong(name, 'is made of tags such as <b 0xc7><r 8><t>');
  }
}

/** Returns a text that is equal for equal obfuscations. */
export const obfuscationIdentity = (config: ObfuscationConfig): string =>
  JSON.stringify(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)));
