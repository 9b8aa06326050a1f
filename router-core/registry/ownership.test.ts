import { expect, test } from 'vitest';
import { asnFromNumber } from '../base/asn.ts';
import { type Asn, wallTime } from '../base/units.ts';
import type { AuthMethod } from './auth-methods.ts';
import {
  expectedText,
  FIXTURE_TIME,
  fixtureFiles,
  fixtureIndex,
  rpsl,
} from './fixtures/fixture-registry.ts';
import { buildRegistryIndex } from './index-builder.ts';
import {
  asnsOfMaintainer,
  maskMailAddress,
  networkOf,
  networksProvedBy,
  proofKeysOf,
} from './ownership.ts';

type ExpectedNetwork = {
  asn: number;
  format: string[];
  maintainers: string[];
  methods: Record<string, unknown>[];
  emails: string[];
  canSignIn: boolean;
  notes: string[];
};
const expected = JSON.parse(expectedText('resolution.json')) as Record<string, ExpectedNetwork>;
const index = fixtureIndex();
const now = { now: FIXTURE_TIME };
const asn = (n: number): Asn => asnFromNumber(n) as Asn;
const ALDER = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGGuGhFave6xTYWDIXq+npsx9AcHKTRi0WpwSINRLw8N';
const BASALT = 'A473004C8F81355303B47E771F532D2C6AC42FDE';

test.each(Object.entries(expected))('resolves %s as expected (§1.5, §1.6)', (_, want) => {
  const network = networkOf(index, asn(want.asn), now);
  expect(network && summary(network)).toEqual(want);
});

test('knows as many AS as there are aut-num objects', () => {
  expect(index.networks.map((n) => `AS${n.asn}`).sort()).toEqual(Object.keys(expected).sort());
  expect(networkOf(index, asn(4242426999), now)).toBeUndefined();
});

test('offers abuse-mailbox and the name of the organisation, and no contact that is no address', () => {
  const moss = networkOf(index, asn(4242426013), now);
  expect(moss?.organisation?.handle).toBe('ORG-MOSS');
  expect(moss?.organisation?.name).toBeTruthy();
  expect(moss?.contacts[0]?.addresses).toEqual([
    { address: 'noc@moss.example', from: 'e-mail' },
    { address: 'abuse@moss.example', from: 'abuse-mailbox' },
  ]);
  const basalt = networkOf(index, asn(4242426002), now);
  expect(basalt?.contacts[0]?.addresses).toEqual([
    { address: 'noc@basalt.example', from: 'e-mail' },
  ]);
});

test('shows all AS which one key proves', () => {
  expect(networksProvedBy(index, { kind: 'ssh', key: ALDER }, now)).toEqual([
    4242426001, 4242426101,
  ]);
  expect(networksProvedBy(index, { kind: 'pgp', fingerprint: BASALT }, now)).toEqual([4242426002]);
  expect(asnsOfMaintainer(index, 'alder-mnt')).toEqual([4242426001, 4242426101]);
  expect(asnsOfMaintainer(index, 'DN42-MNT')).toEqual([]);
});

test('never takes an unusable key-cert for a proof', () => {
  for (const fingerprint of [
    '41DF6A7E8C60F08A7ABAE6F73316C0AB7E05C3BB',
    'AF797F87E90B6C5F92342F6ED47388CB0BBBBD4F',
    '5B4C9D807929A946ED11B22803BA4E99FAC8E3EE',
  ])
    expect(networksProvedBy(index, { kind: 'pgp', fingerprint }, now)).toEqual([]);
});

test('finds a key-cert usable before it expires and not after', () => {
  const kelp = (at: string) =>
    networkOf(index, asn(4242426011), { now: wallTime(Date.parse(at)) })?.canSignIn;
  expect(kelp('2023-06-01')).toBe(true);
  expect(kelp('2026-01-01')).toBe(false);
});

test('hands the proofs keys, fingerprints and bodies', () => {
  expect(proofKeysOf(index, asn(4242426001), now)).toEqual({
    sshKeys: [ALDER],
    pgpFingerprints: [],
    keyCerts: [],
  });
  const nimbus = proofKeysOf(index, asn(4242426014), now);
  expect(nimbus.pgpFingerprints).toEqual(['2817F8F439423417AD418D4ED94F59D25812CC27']);
  expect(nimbus.keyCerts.map((k) => k.name)).toEqual(['PGPKEY-5812CC27']);
  expect(nimbus.keyCerts[0]?.armor).toMatch(/^-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n/);
});

test('takes keys of a person only when told to trust them (§1.5)', () => {
  const files = [
    file('aut-num/AS1', ['aut-num', 'AS1'], ['mnt-by', 'A-MNT'], ['admin-c', 'P-DN42']),
    file('mntner/A-MNT', ['mntner', 'A-MNT'], ['mnt-by', 'B-MNT'], ['auth', ALDER]),
    file('mntner/B-MNT', ['mntner', 'B-MNT'], ['auth', `pgp-fingerprint ${'1'.repeat(40)}`]),
    file('person/P-DN42', ['person', 'P'], ['nic-hdl', 'P-DN42'], ['pgp-fingerprint', BASALT]),
  ];
  const small = buildRegistryIndex(files, { commit: null });
  const person = { kind: 'pgp', fingerprint: BASALT } as const;
  expect(networksProvedBy(small, person, now)).toEqual([]);
  expect(networksProvedBy(small, person, { ...now, trustPersonKeys: true })).toEqual([1]);
  // The maintainer's own maintainer may edit it, but is not it.
  const editor = { kind: 'pgp', fingerprint: '1'.repeat(40) } as const;
  expect(networksProvedBy(small, editor, { ...now, trustPersonKeys: true })).toEqual([]);
});

test('finds maintainers by any case unless that is ambiguous (§1.2)', () => {
  const files = [
    file('aut-num/AS1', ['aut-num', 'AS1'], ['mnt-by', 'foo-mnt']),
    file('mntner/FOO-MNT', ['mntner', 'FOO-MNT'], ['auth', ALDER]),
  ];
  const keys = (all: typeof files) =>
    proofKeysOf(buildRegistryIndex(all, { commit: null }), asn(1), now).sshKeys;
  expect(keys(files)).toEqual([ALDER]);
  const twin = file('mntner/Foo-MNT', ['mntner', 'Foo-MNT'], ['auth', 'ssh-ed25519 x']);
  expect(keys([...files, twin])).toEqual([]);
});

test('skips the network-wide maintainer in any spelling, also with keys', () => {
  const files = [
    file('aut-num/AS1', ['aut-num', 'AS1'], ['mnt-by', 'dn42-mnt']),
    file('mntner/DN42-MNT', ['mntner', 'DN42-MNT'], ['auth', ALDER]),
  ];
  const small = buildRegistryIndex(files, { commit: null });
  expect(networkOf(small, asn(1), now)?.methods).toEqual([]);
  expect(networksProvedBy(small, { kind: 'ssh', key: ALDER }, now)).toEqual([]);
});

test('leaves out an object that says it is another, and names that are none', () => {
  const small = buildRegistryIndex(
    [
      file('mntner/A-MNT', ['mntner', 'B-MNT'], ['auth', ALDER]),
      file('mntner/A\u200b-MNT', ['mntner', 'A\u200b-MNT'], ['auth', ALDER]),
      file('aut-num/AS01', ['aut-num', 'AS01'], ['mnt-by', 'A-MNT']),
      file('mntner/__proto__', ['mntner', '__proto__']),
    ],
    { commit: null },
  );
  expect(small.maintainers).toEqual([]);
  expect(small.networks).toEqual([]);
  expect(small.problems).toEqual([
    ['aut-num/AS01', ['BAD_NAME']],
    ['mntner/A-MNT', ['FILE_NAME']],
    ['mntner/A-MNT', ['BAD_NAME']],
    ['mntner/__proto__', ['BAD_NAME']],
  ]);
});

test('cleans text of people', () => {
  const small = buildRegistryIndex(
    [file('aut-num/AS1', ['aut-num', 'AS1'], ['as-name', 'EVIL\u001b[2J\u202eNAME'])],
    { commit: null },
  );
  expect(networkOf(small, asn(1), now)?.name).toBe('EVILNAME');
});

test('survives a trip through JSON', () => {
  const copy = JSON.parse(JSON.stringify(index)) as typeof index;
  expect(copy).toEqual(index);
  expect(networkOf(copy, asn(4242426001), now)).toEqual(networkOf(index, asn(4242426001), now));
});

test('keeps an empty maintainer as one without keys', () => {
  expect(index.maintainers.find((m) => m.name === 'EMPTY-MNT')).toEqual({
    name: 'EMPTY-MNT',
    auth: [],
  });
  expect(new Map(index.problems).get('mntner/EMPTY-MNT')).toEqual(['EMPTY']);
  expect(index.totals.objects).toBe(fixtureFiles().length - 2);
});

test.each([
  ['noc@alder.example', 'n***@alder.example'],
  ['@x', '***'],
  ['none', '***'],
])('masks %s', (address, masked) => {
  expect(maskMailAddress(address)).toBe(masked);
});

function file(path: string, ...attributes: [key: string, value: string][]) {
  return { path, bytes: rpsl(...attributes) };
}

/** The shape of expected/resolution.json. */
function summary(network: NonNullable<ReturnType<typeof networkOf>>): ExpectedNetwork {
  return {
    asn: network.asn,
    format: [...network.problems],
    maintainers: network.maintainers.map((m) => m.name),
    methods: network.methods.map(methodSummary),
    emails: [
      ...new Set(
        network.contacts.flatMap((c) =>
          c.addresses.filter((a) => a.from === 'e-mail').map((a) => a.address),
        ),
      ),
    ],
    canSignIn: network.canSignIn,
    notes: network.maintainers.flatMap((m) =>
      m.note === undefined ? [] : [`${m.name}: ${m.note}`],
    ),
  };
}

function methodSummary(method: AuthMethod): Record<string, unknown> {
  const { source, raw, kind, usable } = method;
  const base = { source, raw, kind, usable, ...(usable ? {} : { reason: method.reason }) };
  if (method.kind === 'ssh')
    return { ...base, key: usable ? (method as { key: string }).key : null };
  if (method.kind === 'unsupported' || method.keyFrom === undefined) return base;
  return {
    ...base,
    fingerprint: method.fingerprint ?? null,
    key: method.keyFrom === 'ask-user' ? 'ask-user' : 'key-cert',
  };
}
