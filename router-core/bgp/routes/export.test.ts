import { expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { LAB_ASN, Lab } from './testing/lab.ts';
import { ip, prefix } from './testing/updates.ts';

const P = '172.20.0.0/24';
const Q = 'fd42:1::/48';

test('an announcement reaches the others, with our AS in front and our next hop', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  lab.announce(x, { prefixes: [P, Q], path: [7], med: 5, communities: ['64511:3'] });
  lab.settle();

  const heard = lab.take(y).filter(({ announced }) => announced.length > 0);
  expect(heard.map(({ announced }) => announced)).toEqual([[P], [Q]]);
  for (const each of heard) {
    expect(each.nextHop).toEqual(['fd42:6000::1', 'fe80::6000']);
    expect(each.attributes).toMatchObject({
      origin: 'IGP',
      asPathText: `${LAB_ASN} ${x.asn} 7`,
      med: null,
      localPref: null,
      communities: ['64511:3'],
    });
  }
  expect(lab.take(x).flatMap(({ announced }) => announced)).toEqual([]);
  expect(lab.fib).toEqual(
    new Map([
      [P, 1],
      [Q, 1],
    ]),
  );
  expect(lab.routes.counters(y.id)).toMatchObject({ sent: 2, received: 0 });
});

test('changes are gathered until nothing comes for 15 ms, then said once', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  lab.settle();
  lab.take(y);
  lab.announce(x, { prefixes: [P], path: [1, 2] });
  lab.settle(10);
  lab.announce(x, { prefixes: [P], path: [3] });
  lab.settle(14);
  expect([lab.take(y).length, lab.fib.size]).toEqual([0, 0]);
  lab.settle(1);
  expect(lab.take(y).map(({ attributes }) => attributes?.asPathText)).toEqual([
    `${LAB_ASN} ${x.asn} 3`,
  ]);
  expect(lab.fibChanges).toBe(1);
});

test('input that does not end is decided after 50 ms', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  lab.settle();
  lab.take(y);
  for (let path = 1; path <= 5; path++) {
    lab.announce(x, { prefixes: [P], path: [path] });
    expect(lab.take(y)).toEqual([]);
    lab.settle(10);
  }
  expect(lab.take(y).map(({ attributes }) => attributes?.asPathText)).toEqual([
    `${LAB_ASN} ${x.asn} 5`,
  ]);
});

test('a burst that goes on is told after twice as long each time, 200 ms at most, until it pauses', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  lab.announce(x, { prefixes: [Q] });
  lab.settle();
  lab.take(y);
  const began = lab.now;
  const told: number[] = [];
  const note = (): void => {
    if (lab.take(y).length > 0) told.push(lab.now - began);
  };
  for (let path = 1; path <= 80; path++) {
    lab.announce(x, { prefixes: [P], path: [path] });
    lab.settle(10);
    note();
  }
  // Each burst begins with the input after the one before was decided.
  expect(told).toEqual([50, 150, 350, 550, 750]);
  lab.settle(100);
  note();
  lab.announce(x, { prefixes: [P], path: [81] });
  lab.settle(14);
  expect(lab.take(y)).toEqual([]);
  lab.settle(1);
  expect(lab.take(y)).toHaveLength(1);
});

test('a burst that ended as it was told has ended: the next one is told after 50 ms', () => {
  const lab = new Lab();
  const [x, y] = [lab.add(), lab.add()];
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  const burst = (first: number, count: number): number[] => {
    const began = lab.now;
    const told: number[] = [];
    for (let path = first; path < first + count; path++) {
      lab.announce(x, { prefixes: [P], path: [path] });
      lab.settle(10);
      if (lab.take(y).length > 0) told.push(lab.now - began);
    }
    return told;
  };
  lab.take(y);
  expect(burst(1, 15)).toEqual([50, 150]);
  lab.settle(3_600_000);
  expect(lab.take(y)).toEqual([]);
  expect(burst(16, 15)).toEqual([50, 150]);
});

test('many prefixes nobody was told of yet do not wait for the end of a burst', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  lab.settle();
  lab.take(y);
  for (let i = 0; i < 82; i++) {
    const prefixes = Array.from({ length: 100 }, (_, j) => `172.20.${i}.${j}/32`);
    lab.announce(x, { prefixes, path: [1] });
  }
  lab.settle(0);
  expect(y.table.size).toBe(8200);
});

test('split horizon: when the best path moves from X to Y, X hears it and Y is told to forget', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  const z = lab.add();
  lab.announce(x, { prefixes: [P], path: [1] });
  lab.settle();
  expect([y.table.has(P), z.table.has(P), x.table.has(P)]).toEqual([true, true, false]);
  for (const each of [x, y, z]) lab.take(each);

  lab.announce(y, { prefixes: [P] });
  lab.settle();
  expect(lab.take(x).map(({ announced, withdrawn }) => [announced, withdrawn])).toEqual([
    [[P], []],
  ]);
  expect(lab.take(y).map(({ announced, withdrawn }) => [announced, withdrawn])).toEqual([
    [[], [P]],
  ]);
  expect(lab.take(z).map(({ announced, withdrawn }) => [announced, withdrawn])).toEqual([
    [[P], []],
  ]);
  expect(lab.fib.get(P)).toBe(2);
  expect(lab.routes.tables()).toEqual({
    ipv4: { prefixes: 1, paths: 2 },
    ipv6: { prefixes: 0, paths: 0 },
  });

  lab.withdraw(y, [P]);
  lab.settle();
  expect([x.table.get(P), y.table.get(P)]).toEqual([undefined, `${LAB_ASN} ${x.asn} 1`]);
  lab.withdraw(x, [P]);
  lab.settle();
  expect([x.table.size, y.table.size, z.table.size, lab.fib.size]).toEqual([0, 0, 0, 0]);
  expect(lab.routes.audit()).toEqual([]);
  expect(lab.routes.totals()).toEqual({ ipv4: 0, ipv6: 0 });
});

test('a neighbor whose AS is in the path is not told, and told to forget when that changes', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add({ asn: 4242420777 });
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  expect(y.table.has(P)).toBe(true);
  lab.announce(x, { prefixes: [P], path: [4242420777, 9] });
  lab.settle();
  expect(y.table.has(P)).toBe(false);
  expect(lab.routes.counters(y.id).sent).toBe(0);
});

test('NO_EXPORT and NO_ADVERTISE stay here, GRACEFUL_SHUTDOWN is passed on', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  lab.announce(x, { prefixes: ['172.20.1.0/24'], communities: ['65535:65281'] });
  lab.announce(x, { prefixes: ['172.20.2.0/24'], communities: ['65535:65282'] });
  lab.announce(x, { prefixes: ['172.20.3.0/24'], communities: ['65535:0'] });
  lab.settle();
  expect([...y.table.keys()]).toEqual(['172.20.3.0/24']);
  expect(lab.fib.size).toBe(3);
});

test('communities go on sorted and once, non-transitive extended ones end here', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  lab.announce(x, {
    prefixes: [P],
    communities: ['64511:24', '64511:3', '64511:24'],
    extra: 'c010184004fbff4cbebc200002fbff0000002a0002fbff0000002a c0200c fcde40c00000006800000001',
  });
  lab.settle();
  const attributes = lab.take(y).find(({ announced }) => announced.length > 0)?.attributes;
  expect(attributes).toMatchObject({
    communities: ['64511:3', '64511:24'],
    extendedCommunities: ['rt:64511:42'],
    largeCommunities: ['4242424000:104:1'],
  });
});

test('our own prefixes go to everybody, with our AS alone, and are not in the FIB', () => {
  const lab = new Lab();
  const x = lab.add({ policy: 'peer-only' });
  lab.routes.setOwnPrefixes([prefix(P), prefix(Q)], lab.now);
  lab.settle();
  const y = lab.add();
  lab.settle();
  for (const each of [x, y])
    expect(each.table).toEqual(
      new Map([
        [P, `${LAB_ASN}`],
        [Q, `${LAB_ASN}`],
      ]),
    );
  expect(lab.fib.size).toBe(0);

  lab.routes.setOwnPrefixes([prefix(Q)], lab.now);
  lab.settle();
  for (const each of [x, y]) expect([...each.table.keys()]).toEqual([Q]);
  expect(lab.routes.audit()).toEqual([]);
});

test('who gets whose routes (portal specification §4.1)', () => {
  const policies = ['full', 'peer-only', 'downstream', 'upstream', 'accept-all'] as const;
  const got = policies.map((from) => {
    const lab = new Lab();
    lab.routes.setRoas(
      [{ prefix: prefix('172.20.5.0/24'), maxLength: 24, asn: 4242420001 }],
      {
        ipv4: [
          {
            number: 1,
            action: 'permit',
            prefix: prefix('172.20.0.0/14'),
            minLength: 21,
            maxLength: 29,
          },
        ],
        ipv6: [],
      },
      lab.now,
    );
    const source = lab.add({ asn: 4242420001, policy: from });
    const targets = policies.map((policy) => lab.add({ policy }));
    lab.announce(source, { prefixes: ['172.20.5.0/24'] });
    lab.settle();
    return targets.map(({ table }) => (table.has('172.20.5.0/24') ? 1 : 0));
  });
  expect(got).toEqual([
    [1, 0, 1, 0, 1],
    [0, 0, 1, 0, 0],
    [1, 0, 1, 1, 1],
    [1, 0, 1, 0, 1],
    [1, 0, 1, 0, 1],
  ]);
});

test('a new neighbor gets everything, then End-of-RIB of each family', () => {
  const lab = new Lab();
  const x = lab.add();
  lab.announce(x, { prefixes: [P, Q] });
  lab.settle();
  const y = lab.add();
  lab.settle();
  expect(lab.take(y).map(({ announced, endOfRib }) => endOfRib ?? announced)).toEqual([
    [P],
    'ipv4',
    [Q],
    'ipv6',
  ]);
  const ends = lab.take(x).filter(({ endOfRib }) => endOfRib !== undefined);
  expect(ends.map(({ bytes }) => toHex(bytes.slice(16)))).toEqual([
    '00170200000000',
    '001e0200000007900f0003000201',
  ]);
});

test('IPv4 sessions get NEXT_HOP, and IPv6 routes by a global address or the link-local one', () => {
  const session = {
    localAddress: ip('172.20.9.1'),
    remoteAddress: ip('172.20.9.2'),
    extendedNextHop: false,
  };
  const lab = new Lab();
  const x = lab.add();
  const withGlobal = lab.add({
    session,
    nextHopSelf: { ipv6Global: ip('fd42:6000::1'), linkLocal: ip('fe80::6000') },
  });
  const withLinkLocal = lab.add({ session, nextHopSelf: { linkLocal: ip('fe80::6000') } });
  const withNeither = lab.add({ session, nextHopSelf: {} });
  lab.announce(x, { prefixes: [P, Q] });
  lab.settle();
  const hops = (of: typeof x): unknown =>
    Object.fromEntries(
      lab.take(of).flatMap(({ announced, nextHop }) => announced.map((a) => [a, nextHop])),
    );
  expect(hops(withGlobal)).toEqual({ [P]: ['172.20.9.1'], [Q]: ['fd42:6000::1'] });
  expect(hops(withLinkLocal)).toEqual({ [P]: ['172.20.9.1'], [Q]: ['::', 'fe80::6000'] });
  expect(hops(withNeither)).toEqual({ [P]: ['172.20.9.1'] });
  expect(lab.routes.counters(withNeither.id).withoutNextHop).toEqual(['ipv6']);
});

test('IPv6 sessions: link-local, global, and IPv4 without extended next hop', () => {
  const global = { localAddress: ip('fd42:9::1'), remoteAddress: ip('fd42:9::2') };
  const lab = new Lab();
  const x = lab.add();
  const linkLocalOnly = lab.add({ nextHopSelf: {} });
  const globalOnly = lab.add({ session: global, nextHopSelf: {} });
  const both = lab.add({ session: global, nextHopSelf: { linkLocal: ip('fe80::6000') } });
  const plain = lab.add({
    session: { ...global, extendedNextHop: false },
    nextHopSelf: { ipv4: ip('172.20.9.1') },
  });
  const stuck = lab.add({ session: { ...global, extendedNextHop: false }, nextHopSelf: {} });
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  const hop = (of: typeof x): unknown =>
    lab.take(of).find(({ announced }) => announced.length > 0)?.nextHop;
  expect([linkLocalOnly, globalOnly, both, plain, stuck].map(hop)).toEqual([
    ['::', 'fe80::6000'],
    ['fd42:9::1'],
    ['fd42:9::1', 'fe80::6000'],
    ['172.20.9.1'],
    undefined,
  ]);
  expect(lab.routes.counters(stuck.id).withoutNextHop).toEqual(['ipv4']);
});

test('a received next hop of `::` and a link-local address is valid (as BIRD sends it)', () => {
  const lab = new Lab();
  const x = lab.add({ asn: 4242420555 });
  const reach =
    '800e28 0001 01 20 00000000000000000000000000000000 fe800000000000000000000000000001 00 10ac14';
  const attributes = `${reach} 400101004002060201fcde3121`.replaceAll(' ', '');
  const y = lab.add({ asn: 4242420001 });
  const body = Uint8Array.from([0, 0, 0, attributes.length / 2, ...hexOctets(attributes)]);
  expect(lab.receive(y, body)).toBe(undefined);
  lab.settle();
  expect(x.table.get('172.20.0.0/16')).toBe(`${LAB_ASN} 4242420001`);
  expect(
    lab.routes.lookup({ prefix: prefix('172.20.0.0/16'), mode: 'exact' }, 1)[0]?.attributes.nextHop,
  ).toEqual(['::', 'fe80::1']);
});

test('speakers of two octets get AS_TRANS and AS4_PATH, and theirs is merged (RFC 6793)', () => {
  const lab = new Lab();
  const x = lab.add({ asn: 4242420001 });
  const old = lab.add({ asn: 65001, session: { fourOctetAs: false } });
  lab.announce(x, { prefixes: [P], path: [65002], extra: 'c00708fcde312201020304' });
  lab.settle();
  const heard = lab.take(old).find(({ announced }) => announced.length > 0);
  expect(heard?.attributes).toMatchObject({
    asPathText: `${LAB_ASN} 4242420001 65002`,
    aggregator: { asn: 4242420002, address: '1.2.3.4' },
  });
  // AS_PATH 23456 23456 65002, AGGREGATOR 23456, then AS4_PATH and AS4_AGGREGATOR.
  expect(toHex(heard?.bytes ?? new Uint8Array(0))).toContain('400208' + '02035ba05ba0fdea');
  expect(toHex(heard?.bytes ?? new Uint8Array(0))).toContain('c00706' + '5ba001020304');

  lab.announce(old, { prefixes: [Q], path: [23456, 65003], extra: 'c0110a0202fcde31220000fdeb' });
  lab.settle();
  expect(x.table.get(Q)).toBe(`${LAB_ASN} 65001 4242420002 65003`);
});

test('an AGGREGATOR that fits two octets makes both AS4 attributes worthless (RFC 6793 §4.2.3)', () => {
  const lab = new Lab();
  const x = lab.add();
  const old = lab.add({ asn: 65001, session: { fourOctetAs: false } });
  lab.announce(old, {
    prefixes: [Q],
    path: [23456],
    extra: 'c00706fdec01020304 c0110602 01fcde3122 c01208fcde312209090909',
  });
  lab.settle();
  expect(x.table.get(Q)).toBe(`${LAB_ASN} 65001 23456`);
  const [view] = lab.routes.lookup({ prefix: prefix(Q), mode: 'exact' }, 1);
  expect(view?.attributes.aggregator).toEqual({ asn: 65004, address: '1.2.3.4' });
});

test('a path begins another segment when the first is full or a set', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  const internal = lab.add({ asn: LAB_ASN, session: { isInternal: true } });
  lab.announce(internal, { prefixes: [P], set: [1, 2] });
  lab.settle();
  expect(y.table.get(P)).toBe(`${LAB_ASN} {1 2}`);
  expect(x.table.get(P)).toBe(`${LAB_ASN} {1 2}`);
});

test('internal neighbors get path, MED and LOCAL_PREF, and nothing from one another', () => {
  const lab = new Lab();
  const x = lab.add();
  const i = lab.add({ asn: LAB_ASN, session: { isInternal: true } });
  const j = lab.add({ asn: LAB_ASN, session: { isInternal: true } });
  lab.announce(x, { prefixes: [P], med: 7, communities: ['65535:0'] });
  lab.announce(i, { prefixes: [Q], localPref: 300, path: [9] });
  lab.settle();
  const heard = lab.take(j).filter(({ announced }) => announced.length > 0);
  expect(heard.map(({ announced }) => announced)).toEqual([[P]]);
  expect(heard[0]?.attributes).toMatchObject({ asPathText: `${x.asn}`, med: 7, localPref: 0 });
  expect(x.table.get(Q)).toBe(`${LAB_ASN} 9`);
});

test('messages are filled to the limit and no further', () => {
  for (const maxMessage of [4096, 65535] as const) {
    const lab = new Lab();
    const x = lab.add();
    const y = lab.add({ session: { maxMessage } });
    const prefixes = Array.from({ length: 3000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
    for (let i = 0; i < prefixes.length; i += 500) {
      lab.announce(x, { prefixes: prefixes.slice(i, i + 500) });
    }
    lab.settle();
    expect(y.table.size).toBe(3000);
    const sizes = lab.take(y).map(({ bytes }) => bytes.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(maxMessage);
    expect(sizes.filter((size) => size > 1000).length).toBe(maxMessage === 4096 ? 3 : 2);

    lab.withdraw(x, prefixes.slice(0, 900));
    lab.withdraw(x, prefixes.slice(900));
    lab.settle();
    expect(y.table.size).toBe(0);
    const withdrawals = lab.take(y).map(({ bytes }) => bytes.length);
    expect(Math.max(...withdrawals)).toBeLessThanOrEqual(maxMessage);
    expect(withdrawals.length).toBe(maxMessage === 4096 ? 4 : 2);
  }
});

test('what does not fit a message is withdrawn from that neighbor, not truncated (§6.4)', () => {
  const lab = new Lab();
  const x = lab.add({ session: { maxMessage: 65535 } });
  const small = lab.add();
  const large = lab.add({ session: { maxMessage: 65535 } });
  lab.announce(x, { prefixes: [P] });
  lab.settle();
  // Ten unknown attributes cannot do it (1 KiB), so three full sets of communities do.
  const communities = Array.from({ length: 200 }, (_, i) => `64511:${i}`);
  const largeOnes = Array.from({ length: 200 }, (_, i) => `00000001${hex32(i)}00000000`).join('');
  const extended = Array.from({ length: 200 }, (_, i) => `0002fbff${hex32(i)}`).join('');
  lab.announce(x, {
    prefixes: [P],
    communities: [],
    extra: `d0080320${communities.map((_, i) => `fbff${hex32(i).slice(4)}`).join('')}d0100640${extended}d0200960${largeOnes}`,
  });
  lab.settle();
  expect([small.table.has(P), large.table.has(P)]).toEqual([false, true]);
  expect(lab.routes.counters(small.id).sent).toBe(0);
});

const hex32 = (value: number): string => value.toString(16).padStart(8, '0');
const hexOctets = (text: string): number[] =>
  Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  );

test('other options of the decision: every prefix is decided anew, and what changed is told', () => {
  const lab = new Lab();
  const x = lab.add();
  const y = lab.add();
  const z = lab.add();
  // The second one is older; the first has the lower identifier.
  lab.announce(y, { prefixes: [P], path: [1] });
  lab.settle();
  lab.announce(x, { prefixes: [P], path: [1] });
  lab.settle();
  expect(lab.best(P)).toBe('peer-2');
  lab.routes.setDecision({ preferOlder: false }, lab.now);
  lab.settle();
  expect(lab.best(P)).toBe('peer-1');
  expect(z.table.get(P)).toBe(`${LAB_ASN} ${x.asn} 1`);
  lab.take(z);
  lab.routes.setDecision({ preferOlder: false }, lab.now);
  lab.settle();
  expect(lab.take(z)).toEqual([]);
});
