import { expect, test } from 'vitest';
import malformed from '../fixtures/malformed.json' with { type: 'json' };
import { Lab, type LabNeighbor } from './testing/lab.ts';
import { hex, ip } from './testing/updates.ts';

const cases = malformed.cases.filter(
  (each) =>
    each.stage === 'established' && each.hex.slice(36, 38) === '02' && !each.id.startsWith('hdr-'),
);

test('the fixture holds the cases of the route side', () => {
  expect(cases.length).toBeGreaterThan(55);
});

for (const each of cases) {
  test(`${each.id}: ${each.expect}${each.note === '' ? '' : ` (${each.note})`}`, () => {
    const { lab, sender } = labOfFixture();
    const reset = lab.receive(sender, hex(each.hex).slice(19));
    lab.settle();

    const wanted = each.expect.startsWith('reset:') ? each.expect.slice(6) : undefined;
    expect(reset).toBe(wanted);
    if (wanted === undefined) {
      const isAboutIpv6 = each.id.startsWith('mp-');
      const target = isAboutIpv6 ? 'fd42:99::/48' : '172.20.99.0/24';
      const expected = each.expect === 'withdraw' ? undefined : 'sender';
      expect(lab.best(target)).toBe(expected);
    }
    expect(lab.routes.audit()).toEqual([]);
  });
}

test('a discarded attribute is not passed on, an unknown transitive one is, as partial', () => {
  const { lab, sender, observer } = labOfFixture();
  const caseOf = (id: string): Uint8Array =>
    hex(cases.find((each) => each.id === id)?.hex ?? '').slice(19);

  lab.take(observer);
  lab.receive(sender, caseOf('unknown-optional-transitive'));
  lab.settle();
  expect(lab.take(observer)[0]?.attributes?.unknown).toEqual([
    { type: 200, flags: 0xe0, value: '7a7a' },
  ]);

  lab.receive(sender, caseOf('unknown-optional-nontransitive'));
  lab.settle();
  expect(lab.take(observer)[0]?.attributes?.unknown).toEqual([]);

  lab.receive(sender, caseOf('aggregator-as-zero'));
  lab.receive(sender, caseOf('localpref-ebgp'));
  lab.settle();
  const last = lab.routes.lookup({ address: ip('172.20.99.1'), mode: 'longest' }, 1)[0];
  expect(last?.attributes).toMatchObject({ aggregator: null, localPref: 100 });
});

test('of a repeated attribute only the first counts (RFC 7606 §3 g)', () => {
  const { lab, sender } = labOfFixture();
  lab.receive(sender, hex(cases.find((each) => each.id === 'dup-med')?.hex ?? '').slice(19));
  const view = lab.routes.lookup({ address: ip('172.20.99.1'), mode: 'longest' }, 1)[0];
  expect(view?.attributes.med).toBe(1);
});

test('a route treated as withdrawn stays visible with the attribute at fault', () => {
  const { lab, sender } = labOfFixture();
  const med = cases.find((each) => each.id === 'med-length-3');
  lab.receive(sender, hex(med?.hex ?? '').slice(19));
  lab.settle();

  const { routes } = lab.routes.routesOf(sender.id, 'rejected', 0, 10);
  expect(routes.map(({ prefix, rejected }) => [prefix, rejected?.reason])).toEqual([
    ['172.20.99.0/24', 'taw:4'],
  ]);
  const log = lab.routes.malformed(sender.id).at(-1);
  expect(log).toMatchObject({ reaction: 'withdraw', attribute: 'MULTI_EXIT_DISC' });
  const { body, faultStart, faultEnd } = log ?? {
    body: new Uint8Array(0),
    faultStart: 0,
    faultEnd: 0,
  };
  expect([...body.slice(faultStart, faultEnd)]).toEqual([0x80, 4, 3, 0, 0, 1]);
  expect(lab.routes.counters(sender.id).rejectedReasons).toEqual({ 'taw:4': 1 });
});

function labOfFixture(): { lab: Lab; sender: LabNeighbor; observer: LabNeighbor } {
  const lab = new Lab();
  const sender = lab.add({
    name: 'sender',
    asn: malformed.session.senderAs,
    nextHopSelf: { ipv6Global: ip('fd97::2') },
    session: {
      localAddress: ip(malformed.session.receiverAddress),
      remoteAddress: ip(malformed.session.senderAddress),
      extendedNextHop: false,
      enhancedRouteRefresh: false,
      // The fixture's receiver; paths with this AS are loops.
      localAsn: malformed.session.receiverAs as never,
    },
  });
  const observer = lab.add({ asn: 4242420777 });
  for (const before of malformed.before)
    expect(lab.receive(sender, hex(before).slice(19))).toBe(undefined);
  lab.settle();
  expect([lab.best('172.20.99.0/24'), lab.best('fd42:99::/48')]).toEqual(['sender', 'sender']);
  return { lab, sender, observer };
}
