/**
 * Templates of the configuration file: keys that several peerings have in common.
 *
 * Not standardized; README, Settings.
 *
 *   template ◄─template─ template ◄─template─ peering      the nearer one wins
 *
 * Objects are merged key by key, lists replace, and what stands in the peering itself stands above all.
 *
 * Invariant: resolving ends, whatever the file says: a template that leads back to itself is a finding.
 *
 * @module
 */
import type { Finding } from '../base/errors.ts';
import { printable } from '../base/printable.ts';

/** Keys of a peering, named; read from a file and of the right types. */
export type RawTemplate = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly template?: string;
};
export type RawTemplated = Readonly<Record<string, unknown>> & { readonly template?: string };

/** Returns peerings without `template`, each with what it inherits. */
export function resolveTemplates<Peering extends RawTemplated>(
  templates: readonly RawTemplate[],
  peerings: readonly Peering[],
): { peerings: Omit<Peering, 'template'>[]; findings: Finding[] } {
  const findings: Finding[] = [];
  const byName = new Map<string, RawTemplate>();
  for (const [i, template] of templates.entries()) {
    if (byName.has(template.name))
      findings.push({
        code: 'DUPLICATE',
        path: `templates[${i}].name`,
        message: `Two templates are named ${printable(template.name, 40)}.`,
        severity: 'error',
      });
    else byName.set(template.name, template);
  }
  const resolved = peerings.map((peering, i) => {
    const inherited = inherit(peering.template, `peerings[${i}].template`);
    const { template: _template, ...own } = peering;
    return merge(inherited, own) as Omit<Peering, 'template'>;
  });
  // Templates nobody uses are judged as well: they are used tomorrow.
  for (const [i, { template }] of templates.entries())
    inherit(template, `templates[${i}].template`);
  return { peerings: resolved, findings };

  function inherit(first: string | undefined, path: string): Readonly<Record<string, unknown>> {
    let inherited: Readonly<Record<string, unknown>> = {};
    const met = new Set<string>();
    for (let name = first; name !== undefined; ) {
      const template = byName.get(name);
      if (template === undefined || met.has(name)) {
        findings.push({
          code: template === undefined ? 'TEMPLATE_UNKNOWN' : 'TEMPLATE_LOOP',
          path,
          message:
            template === undefined
              ? `No template is named ${printable(name, 40)}.`
              : `The template ${printable(name, 40)} leads back to itself.`,
          severity: 'error',
        });
        return inherited;
      }
      met.add(name);
      const { name: _name, template: parent, ...keys } = template;
      inherited = merge(keys, inherited);
      name = parent;
    }
    return inherited;
  }
}

/** Returns `below` with what `above` says in its place. */
function merge(
  below: Readonly<Record<string, unknown>>,
  above: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = below[key];
    merged[key] = isObject(value) && isObject(under) ? merge(under, value) : value;
  }
  return merged;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
