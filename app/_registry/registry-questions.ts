/**
 * What the portal asks a registry: one small interface over the index of router-core.
 *
 * Not standardized; portal specification §1.5, §1.7, §4.3. Every text is printable.
 *
 * @module
 */
import 'server-only';
import {
  type AuthMethod,
  addressHolder,
  type IpAddress,
  type IpPrefix,
  mayUseAddress,
  networkOf,
  networksProvedBy,
  originsOfAddress,
  type ProofKeys,
  type ProvedKey,
  parseAsn,
  parseIpPrefix,
  prefixContains,
  proofKeysOf,
  type RegistryIndex,
} from '../../router-core/index.ts';

export type RegistryNetwork = {
  readonly asn: number;
  readonly asName: string;
  /** Those that can prove control: `mnt-by` without the network-wide maintainer. */
  readonly maintainers: readonly string[];
  /** Usable and unusable `auth:` lines, in the registry's order. */
  readonly methods: readonly AuthMethod[];
  /** The first mail address for notices; shown to its owner and the operator only. */
  readonly mail: string | null;
};

type CoveringRoa = {
  readonly prefix: string;
  readonly maxLength: number;
  readonly asn: number;
};

export interface RegistryQuestions {
  network(asn: number, now: Date): RegistryNetwork | undefined;
  proofKeys(asn: number, now: Date): ProofKeys;
  /** Every AS which the key proves control of, ascending. */
  asnsProvedBy(key: ProvedKey, now: Date): readonly number[];
  /** Who holds an address, unless this AS may use it. */
  holderUnless(asn: number, address: IpAddress): string | undefined;
  /** Who holds the space around an address, for the looking glass. */
  holderOf(
    address: IpAddress,
  ): { readonly asn: number | null; readonly maintainer: string | null } | undefined;
  /** Prefixes of the AS's own route objects. */
  prefixesOf(asn: number): readonly string[];
  /** ROAs that cover a prefix, whatever they say of it. */
  coveringRoas(prefix: IpPrefix): readonly CoveringRoa[];
  /** Short name for people: as-name without `AS-`, lower case. */
  shortName(asn: number): string | null;
}

export function createRegistryQuestions(
  index: RegistryIndex,
  options: { readonly trustPersonKeys: boolean },
): RegistryQuestions {
  const at = (now: Date) => ({
    now: now.getTime() as Parameters<typeof networkOf>[2]['now'],
    trustPersonKeys: options.trustPersonKeys,
  });
  const asnOf = (asn: number) => parseAsn(String(asn));
  /** Made once per index: names stand on every page, prefixes in every configuration. */
  const names = new Map(index.networks.map(({ asn, name }) => [asn, shortNameOf(name)]));

  const roas = index.roas.flatMap(([prefix, maxLength, asn]) => {
    const parsed = parseIpPrefix(prefix);
    return parsed === undefined ? [] : [{ parsed, view: { prefix, maxLength, asn } }];
  });

  return {
    network(asn, now) {
      const number = asnOf(asn);
      const view = number === undefined ? undefined : networkOf(index, number, at(now));
      if (view === undefined) return undefined;
      const mails = view.contacts.flatMap((contact) => contact.addresses);
      return {
        asn,
        asName: view.name,
        maintainers: view.maintainers
          .filter((maintainer) => maintainer.note !== 'NETWORK_MAINTAINER')
          .map((maintainer) => maintainer.name),
        methods: view.methods,
        mail: mails[0]?.address ?? null,
      };
    },
    proofKeys(asn, now) {
      const number = asnOf(asn);
      return number === undefined
        ? { sshKeys: [], pgpFingerprints: [], keyCerts: [] }
        : proofKeysOf(index, number, at(now));
    },
    asnsProvedBy: (key, now) => networksProvedBy(index, key, at(now)),
    holderUnless(asn, address) {
      const number = asnOf(asn);
      if (number === undefined) return 'nobody';
      const permission = mayUseAddress(index, number, address);
      if (permission.allowed) return undefined;
      const holder = addressHolder(index, address);
      if (holder === undefined) return 'nobody in the registry';
      const owner = holder.maintainers[0] ?? holder.name;
      return `${owner} (${holder.object.replace('/', ' ').replace('_', '/')})`;
    },
    holderOf(address) {
      const holder = addressHolder(index, address);
      if (holder === undefined) return undefined;
      const asn = holder.origins[0] ?? originsOfAddress(index, address)[0] ?? null;
      return { asn, maintainer: holder.maintainers[0] ?? null };
    },
    // What the ROAs let it announce: route objects that yield none would only be rejected.
    prefixesOf: (asn) => [
      ...new Set(roas.filter(({ view }) => view.asn === asn).map(({ view }) => view.prefix)),
    ],
    coveringRoas: (prefix) =>
      roas.flatMap(({ parsed, view }) =>
        parsed.length <= prefix.length && prefixContains(parsed, prefix) ? [view] : [],
      ),
    shortName: (asn) => names.get(asn) ?? null,
  };
}

/** Makes of `ALDER-AS` or `AS-ALDER` the word people say. */
function shortNameOf(asName: string): string {
  const short = asName.replace(/^AS-|-AS$/i, '').toLowerCase();
  return short === '' ? asName.toLowerCase() : short;
}
