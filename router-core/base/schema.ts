/**
 * Schemas as plain data, and a small checker: for documents that come from files and messages.
 *
 * Not standardized. No zod here: router-core runs in browsers and workers, and a schema that is data
 * can also draw a form or a help text.
 *
 * Invariant: the checker never throws and reports every problem with its path, up to a limit.
 *
 * @module
 */
import type { Finding } from './errors.ts';
import { printable } from './printable.ts';

export type Schema =
  | {
      readonly kind: 'string';
      readonly maxLength?: number;
      readonly oneOf?: readonly string[];
      readonly help?: string;
      readonly secret?: boolean;
    }
  | {
      readonly kind: 'number';
      readonly minimum?: number;
      readonly maximum?: number;
      readonly help?: string;
    }
  | { readonly kind: 'boolean'; readonly help?: string }
  | {
      readonly kind: 'array';
      readonly items: Schema;
      readonly maxItems: number;
      readonly help?: string;
    }
  | {
      readonly kind: 'object';
      readonly fields: Readonly<Record<string, Field>>;
      readonly help?: string;
    }
  /** Keys that people choose, all with values of one kind. */
  | {
      readonly kind: 'record';
      readonly values: Schema;
      readonly maxEntries: number;
      readonly help?: string;
    }
  /** A set of keys that other rules than a schema read. */
  | { readonly kind: 'judged-elsewhere'; readonly help?: string }
  | { readonly kind: 'any-of'; readonly options: readonly Schema[]; readonly help?: string }
  /** A set of keys, of which one says what the others are; `otherwise` where it says none of `options`. */
  | {
      readonly kind: 'by-key';
      readonly key: string;
      readonly options: Readonly<Record<string, Schema>>;
      readonly otherwise: Schema;
      readonly help?: string;
    };

export type Field = Schema & { readonly required?: boolean };

const MAX_FINDINGS = 50;

/** Returns every way in which `value` differs from the schema. */
export function checkSchema(schema: Schema, value: unknown, path = ''): Finding[] {
  const findings: Finding[] = [];
  check(schema, value, path, findings);
  return findings.slice(0, MAX_FINDINGS);
}

function check(schema: Schema, value: unknown, path: string, findings: Finding[]): void {
  if (findings.length >= MAX_FINDINGS) return;
  const wrongType = (expected: string): void => {
    findings.push({
      code: 'CONFIG_TYPE',
      path,
      message: `${path || 'the document'} must be ${expected}.`,
      severity: 'error',
    });
  };
  switch (schema.kind) {
    case 'string':
      if (typeof value !== 'string') return wrongType('text');
      if (value.length > (schema.maxLength ?? 500))
        return wrongType(`text of at most ${schema.maxLength ?? 500} characters`);
      if (schema.oneOf !== undefined && !schema.oneOf.includes(value))
        return wrongType(`one of ${schema.oneOf.join(', ')}`);
      return;
    case 'number': {
      if (typeof value !== 'number' || !Number.isInteger(value)) return wrongType('a whole number');
      const minimum = schema.minimum ?? 0;
      const maximum = schema.maximum ?? Number.MAX_SAFE_INTEGER;
      if (value < minimum || value > maximum)
        return wrongType(`a number from ${minimum} to ${maximum}`);
      return;
    }
    case 'boolean':
      if (typeof value !== 'boolean') return wrongType('true or false');
      return;
    case 'array':
      if (!Array.isArray(value)) return wrongType('a list');
      if (value.length > schema.maxItems)
        return wrongType(`a list of at most ${schema.maxItems} entries`);
      for (const [i, item] of value.entries()) check(schema.items, item, `${path}[${i}]`, findings);
      return;
    case 'object':
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return wrongType('a set of keys');
      checkFields(schema.fields, value as Record<string, unknown>, path, findings);
      return;
    case 'record': {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return wrongType('a set of keys');
      const entries = Object.entries(value);
      if (entries.length > schema.maxEntries)
        return wrongType(`a set of at most ${schema.maxEntries} keys`);
      for (const [key, entry] of entries)
        check(schema.values, entry, `${path}.${printable(key, 60)}`, findings);
      return;
    }
    case 'judged-elsewhere':
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        return wrongType('a set of keys');
      return;
    case 'any-of': {
      const attempts = schema.options.map((option) => checkSchema(option, value, path));
      if (attempts.some((attempt) => attempt.length === 0)) return;
      const shortest = attempts.reduce((a, b) => (a.length <= b.length ? a : b), attempts[0] ?? []);
      findings.push(...shortest);
      return;
    }
    case 'by-key': {
      const { key, options, otherwise } = schema;
      const said =
        typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
      const chosen =
        typeof said === 'string' && Object.hasOwn(options, said) ? options[said] : undefined;
      check(chosen ?? otherwise, value, path, findings);
    }
  }
}

function checkFields(
  fields: Readonly<Record<string, Field>>,
  value: Record<string, unknown>,
  path: string,
  findings: Finding[],
): void {
  const prefix = path === '' ? '' : `${path}.`;
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(fields, key)) {
      const name = `${prefix}${printable(key, 60)}`;
      findings.push({
        code: 'CONFIG_UNKNOWN_KEY',
        path: name,
        message: `${name} is not a known key.`,
        hint: `Known here: ${Object.keys(fields).join(', ')}.`,
        severity: 'error',
      });
    }
  }
  for (const [key, field] of Object.entries(fields)) {
    const present = value[key];
    if (present === undefined || present === null) {
      if (field.required === true) {
        findings.push({
          code: 'CONFIG_MISSING_KEY',
          path: `${prefix}${key}`,
          message: `${prefix}${key} is missing.`,
          severity: 'error',
        });
      }
      continue;
    }
    check(field, present, `${prefix}${key}`, findings);
  }
}
