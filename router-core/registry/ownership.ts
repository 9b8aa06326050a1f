/**
 * Whose an AS is: maintainers, the proofs that show control of it, contacts.
 *
 * Not standardized; portal specification §1.5 and §3.6.
 *
 *     aut-num ── mnt-by ─→ mntner ── auth ─→ method        proves control
 *             └─ DN42-MNT: skipped, it holds objects of the whole network
 *     aut-num ── admin-c, tech-c ─→ person|role ─→ mail    contacts, nothing else
 *
 * A person may be maintained by somebody else, who could so take over the AS. Keys of persons count
 * only with `trustPersonKeys`. `mntner.mnt-by` and `org` are never followed.
 *
 * @module
 */
import type { Asn, WallTime } from '../base/units.ts';
import { type AuthMethod, readAuthLine } from './auth-methods.ts';
import { type Lookup, lookupOf } from './lookup.ts';
import type { IndexedContact, IndexedNetwork, RegistryIndex } from './registry-index.ts';

/** Holding it proves nothing about an AS. */
export const NETWORK_MAINTAINER = 'DN42-MNT';

export type OwnershipOptions = {
  /** Judges the expiry of key-certs. */
  readonly now: WallTime;
  /** Also take keys from the person of `admin-c` (setting `registry.trustPersonKeys`). */
  readonly trustPersonKeys?: boolean;
};

export type MaintainerNote = 'NETWORK_MAINTAINER' | 'MAINTAINER_MISSING' | 'NO_AUTH';
export type MaintainerView = {
  readonly name: string;
  /** Why this maintainer proves nothing; absent when it has `auth:` lines. */
  readonly note?: MaintainerNote;
};

export type ContactAddress = {
  /** For sending a code to. Shown only through `maskMailAddress`. */
  readonly address: string;
  readonly from: 'e-mail' | 'abuse-mailbox' | 'contact';
};
export type ContactView = {
  readonly handle: string;
  readonly kind: 'person' | 'role';
  readonly name: string;
  readonly addresses: readonly ContactAddress[];
};

export type NetworkView = {
  readonly asn: Asn;
  readonly name: string;
  readonly description?: string;
  readonly organisation?: { readonly handle: string; readonly name?: string };
  readonly source: string;
  readonly maintainers: readonly MaintainerView[];
  /** Every `auth:` line that counts, usable or with the reason why not. */
  readonly methods: readonly AuthMethod[];
  /** Whether a key proves control; a mail address is a matter of the portal's settings. */
  readonly canSignIn: boolean;
  readonly contacts: readonly ContactView[];
  /** Problem codes of the aut-num's file. */
  readonly problems: readonly string[];
};

/** Returns what the registry says of an AS, or undefined when it has no such aut-num. */
export function networkOf(
  index: RegistryIndex,
  asn: Asn,
  options: OwnershipOptions,
): NetworkView | undefined {
  const lookup = lookupOf(index);
  const network = lookup.networks.get(asn);
  if (network === undefined) return undefined;
  const methods = methodsOf(lookup, network, options);
  const organisation = network.organisation;
  const organisationName =
    organisation === undefined ? undefined : lookup.organisations.get(organisation)?.[1];
  return {
    asn,
    name: network.name,
    ...(network.description === undefined ? {} : { description: network.description }),
    ...(organisation === undefined
      ? {}
      : {
          organisation: {
            handle: organisation,
            ...(organisationName === undefined ? {} : { name: organisationName }),
          },
        }),
    source: network.source,
    maintainers: network.mntBy.map((name) => maintainerView(lookup, name)),
    methods,
    canSignIn: methods.some((method) => method.usable),
    contacts: contactsOf(lookup, network),
    problems: lookup.problems.get(`aut-num/AS${asn}`) ?? [],
  };
}

/** Returns the AS numbers whose `mnt-by` names the maintainer, ascending. */
export function asnsOfMaintainer(index: RegistryIndex, name: string): readonly Asn[] {
  if (isNetworkMaintainer(name)) return [];
  const lookup = lookupOf(index);
  const canonical = lookup.maintainers.get(name)?.name;
  return (lookup.asnsByMaintainer.get(name.toLowerCase()) ?? []).filter((asn) =>
    lookup.networks
      .get(asn)
      ?.mntBy.some((m) => m === name || lookup.maintainers.get(m)?.name === canonical),
  ) as Asn[];
}

/** A key that has been proved: an SSH key as `type base64`, or an OpenPGP primary fingerprint. */
export type ProvedKey =
  | { readonly kind: 'ssh'; readonly key: string }
  | { readonly kind: 'pgp'; readonly fingerprint: string };

/** Returns every AS which this key proves control of, ascending. */
export function networksProvedBy(
  index: RegistryIndex,
  proved: ProvedKey,
  options: OwnershipOptions,
): readonly Asn[] {
  const lookup = lookupOf(index);
  // Decoding every key of the registry takes a tenth of a second: look at the text first.
  const clue =
    proved.kind === 'ssh'
      ? (proved.key.split(' ')[1] ?? '').replace(/=+$/, '')
      : proved.fingerprint.slice(-8);
  const mayProve = (network: IndexedNetwork): boolean =>
    authLinesOf(lookup, network, options).some(({ line }) =>
      proved.kind === 'ssh'
        ? line.includes(clue)
        : line.replace(/\s/g, '').toUpperCase().includes(clue),
    );
  return index.networks
    .filter(mayProve)
    .filter((network) => methodsOf(lookup, network, options).some((m) => proves(m, proved)))
    .map((network) => network.asn as Asn);
}

/** What the proofs need to judge a signature for an AS. */
export type ProofKeys = {
  /** Usable SSH keys, `type base64`. */
  readonly sshKeys: readonly string[];
  /** Fingerprints whose public key the person must supply. */
  readonly pgpFingerprints: readonly string[];
  /** Key-certs named by the maintainers, usable or not: the proof finds the reason itself. */
  readonly keyCerts: readonly ProofKeyCert[];
};
export type ProofKeyCert = {
  readonly name: string;
  readonly fingerprint: string;
  readonly armor: string;
};

/** Returns the keys that count for an AS; all empty when it is not registered. */
export function proofKeysOf(index: RegistryIndex, asn: Asn, options: OwnershipOptions): ProofKeys {
  const lookup = lookupOf(index);
  const network = lookup.networks.get(asn);
  const methods = network === undefined ? [] : methodsOf(lookup, network, options);
  const names = methods.flatMap((m) =>
    'keyFrom' in m && typeof m.keyFrom === 'object' ? [m.keyFrom.keyCert] : [],
  );
  return {
    sshKeys: unique(methods.flatMap((m) => (m.kind === 'ssh' && m.usable ? [m.key] : []))),
    pgpFingerprints: unique(
      methods.flatMap((m) =>
        m.kind === 'pgp' && m.usable && m.keyFrom === 'ask-user' ? [m.fingerprint] : [],
      ),
    ),
    keyCerts: unique(names).flatMap((name) => {
      const cert = lookup.keyCerts.get(name);
      return cert === undefined
        ? []
        : [{ name: cert.name, fingerprint: cert.declaredFingerprint, armor: cert.armor }];
    }),
  };
}

/** Masks a mail address for people who have proved nothing: `n***@alder.example`. */
export function maskMailAddress(address: string): string {
  const split = address.lastIndexOf('@');
  if (split < 1) return '***';
  return `${[...address][0]}***${address.slice(split)}`;
}

export const isNetworkMaintainer = (name: string): boolean =>
  name.toUpperCase() === NETWORK_MAINTAINER;

function maintainerView(lookup: Lookup, name: string): MaintainerView {
  if (isNetworkMaintainer(name)) return { name, note: 'NETWORK_MAINTAINER' };
  const maintainer = lookup.maintainers.get(name);
  if (maintainer === undefined) return { name, note: 'MAINTAINER_MISSING' };
  return maintainer.auth.length === 0 ? { name, note: 'NO_AUTH' } : { name };
}

const methodsOf = (
  lookup: Lookup,
  network: IndexedNetwork,
  options: OwnershipOptions,
): AuthMethod[] =>
  authLinesOf(lookup, network, options).map(({ line, source }) =>
    readAuthLine(line, source, (name) => lookup.keyCerts.get(name), options.now),
  );

/** The lines that count for an AS, with the object each stands in. */
function authLinesOf(
  lookup: Lookup,
  network: IndexedNetwork,
  options: OwnershipOptions,
): { line: string; source: string }[] {
  const maintainers = network.mntBy
    .flatMap((name) => lookup.maintainers.get(name) ?? [])
    .filter((maintainer) => !isNetworkMaintainer(maintainer.name));
  const persons =
    options.trustPersonKeys === true
      ? network.adminC.flatMap((handle) => lookup.persons.get(handle) ?? [])
      : [];
  const linesOf = (source: string, lines: readonly string[]): { line: string; source: string }[] =>
    lines.map((line) => ({ line, source }));
  return [
    ...unique(maintainers).flatMap((m) => linesOf(`mntner/${m.name}`, m.auth)),
    ...unique(persons).flatMap((p) => linesOf(`person/${p.handle}`, p.auth)),
  ];
}

function contactsOf(lookup: Lookup, network: IndexedNetwork): ContactView[] {
  return unique([...network.adminC, ...network.techC]).flatMap((handle) =>
    [lookup.persons.get(handle), lookup.roles.get(handle)].flatMap((contact) =>
      contact === undefined
        ? []
        : [
            {
              handle: contact.handle,
              kind: contact.kind,
              name: contact.name,
              addresses: addressesOf(contact),
            },
          ],
    ),
  );
}

/** One address and nothing else; a `contact` such as `irc:…` or `see website` is none. */
const MAIL_ADDRESS = /^[^@\s<>",;:()[\]\\]{1,64}@[^@\s<>",;:()[\]\\]+\.[^@\s<>",;:()[\]\\]+$/;

function addressesOf(contact: IndexedContact): ContactAddress[] {
  const sources: readonly (readonly [readonly string[], ContactAddress['from']])[] = [
    [contact.mail, 'e-mail'],
    [contact.abuseMail, 'abuse-mailbox'],
    [contact.contact, 'contact'],
  ];
  return sources.flatMap(([values, from]) =>
    values.filter((v) => MAIL_ADDRESS.test(v)).map((address) => ({ address, from })),
  );
}

function proves(method: AuthMethod, proved: ProvedKey): boolean {
  if (!method.usable) return false;
  if (method.kind === 'ssh') return proved.kind === 'ssh' && method.key === proved.key;
  return proved.kind === 'pgp' && method.fingerprint === proved.fingerprint;
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
