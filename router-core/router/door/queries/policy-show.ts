/**
 * `policy show`: which policy document runs, since when, and what it makes of every peering.
 *
 * Not standardized; docs/policy.md. Rows: one `version`, then a `peering` each.
 *
 * @module
 */
import type { PolicyBinding } from '../../../bgp/index.ts';
import type { Query } from './query.ts';

type Names = { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] };
type PeeringRow = {
  readonly kind: 'peering';
  readonly name: string;
  readonly role: string;
  readonly groups: readonly string[];
  readonly import: Names;
  readonly export: Names;
  readonly parameters: Readonly<Record<string, number | string | boolean>>;
  /** The number of a former version that it keeps: the last document's entry for it was refused. */
  readonly keptVersion?: number;
};

export const policyShow: Query = {
  *run({ policies, engine }) {
    const { policies: named } = policies.book.document;
    yield { kind: 'version', ...policies.version, policies: Object.keys(named ?? {}) };
    for (const peering of engine.roster.all()) {
      const binding = policies.rulesOf(peering.wish);
      const kept = policies.keptBy(peering.wish);
      const row: PeeringRow = {
        kind: 'peering',
        name: peering.wish.config.name,
        role: peering.wish.config.policy,
        groups: binding.groups,
        import: namesOf(binding.import),
        export: namesOf(binding.export),
        parameters: Object.fromEntries(binding.parameters),
        ...(kept === undefined ? {} : { keptVersion: kept.number }),
      };
      yield row;
    }
  },
  text(row) {
    if (row.kind === 'version')
      return `policy version ${row.number}, digest ${String(row.digest).slice(0, 16)}, since ${row.since}`;
    const peering = row as unknown as PeeringRow;
    const values = Object.entries(peering.parameters).map(([name, value]) => `${name} ${value}`);
    const groups = peering.groups.length === 0 ? '' : `, groups ${peering.groups.join(' ')}`;
    const kept =
      peering.keptVersion === undefined
        ? ''
        : `, still by version ${peering.keptVersion}: the last change of it was refused`;
    return [
      `${peering.name} (${peering.role}${groups})${kept}`,
      `    import ${textOf(peering.import)}`,
      `    export ${textOf(peering.export)}`,
      ...(values.length === 0 ? [] : [`    ${values.join(', ')}`]),
    ].join('\n');
  },
};

const namesOf = ({ base, policies }: PolicyBinding['import']): Names => ({
  ipv4: [base, ...policies[4].map(({ name }) => name)],
  ipv6: [base, ...policies[6].map(({ name }) => name)],
});

const textOf = ({ ipv4, ipv6 }: Names): string =>
  ipv4.join() === ipv6.join() ? ipv4.join(' ') : `IPv4 ${ipv4.join(' ')}, IPv6 ${ipv6.join(' ')}`;
