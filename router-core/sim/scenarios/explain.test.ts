/** Every prefix explains itself: why this path, why not that one, told to whom, changed when. */
import { expect } from 'vitest';
import { BGP_ROLES, type BgpRole, counterpartOf } from '../../base/bgp-role.ts';
import { seconds } from '../../base/units.ts';
import { peer } from '../operated-router.ts';
import { ask, establish, expectHealthy, routersOf, scenario } from '../testing/scenario.ts';

const PREFIX = '172.21.130.0/27';

scenario('why tells the step and both values, to whom, and what changed', (simulation) => {
  const { operator, alder, basalt } = routersOf(simulation, 'operator', 'alder', 'basalt');
  peer(operator, alder);
  peer(operator, basalt);
  peer(alder, basalt);
  establish(simulation, [
    [operator, alder],
    [operator, basalt],
    [alder, basalt],
  ]);
  simulation.run(seconds(5));

  const rows = ask(simulation, operator, 'why', PREFIX);
  expect(rows.filter(({ kind }) => kind === 'path')).toMatchObject([
    {
      prefix: PREFIX,
      isBest: true,
      why: { step: 6, value: 1, otherValue: 2 },
      words: expect.stringMatching(/^best: wins against alder\S* by AS path length 1 < 2$/),
    },
    {
      isBest: false,
      words: expect.stringMatching(/^lost against basalt\S*: AS path length 2 > 1$/),
    },
  ]);
  expect(rows.filter(({ kind }) => kind === 'export')).toMatchObject([
    { to: expect.stringMatching(/^alder/), isAnnounced: true, reason: null, words: 'announced' },
    { to: expect.stringMatching(/^basalt/), isAnnounced: false, reason: 'split-horizon' },
  ]);
  const changes = rows.filter(({ kind }) => kind === 'change');
  expect(changes.at(-1)).toMatchObject({ from: null, cause: 'first-path', prefix: PREFIX });
  expect(ask(simulation, operator, 'why', '172.21.130.1')[0]).toMatchObject({ prefix: PREFIX });
  expect(ask(simulation, operator, 'history', '172.21.130.1').length).toBe(changes.length);
  expectHealthy(operator, alder, basalt);
});

scenario('a prefix that is rejected, or not there at all, says so', (simulation) => {
  const { operator, alder } = routersOf(simulation, 'operator', 'alder');
  alder.setNode({ announce: ['172.21.129.0/27', PREFIX] });
  peer(operator, alder);
  establish(simulation, [[operator, alder]]);
  simulation.run(seconds(5));

  const [summary, path, ...more] = ask(simulation, operator, 'rejected', 'alder');
  expect(summary).toMatchObject({
    kind: 'summary',
    rejected: 1,
    reasons: [{ reason: 'roa-invalid-origin', count: 1 }],
  });
  expect(path).toMatchObject({
    kind: 'path',
    prefix: PREFIX,
    rejected: { code: 8, roas: [{ prefix: PREFIX, asn: 4242426002 }] },
  });
  expect(more).toEqual([]);
  expect(ask(simulation, operator, 'why', '172.21.130.9')[0]?.words).toMatch(
    /^rejected: the ROAs that cover the prefix name another origin AS .*to be accepted: /,
  );
  expect(() => ask(simulation, operator, 'why', '172.23.5.0/24')).toThrow(
    expect.objectContaining({ code: 'ROUTE_UNKNOWN' }),
  );
  expect(ask(simulation, operator, 'malformed', 'alder')).toEqual([]);
});

const OF_ALDER = '172.21.129.0/27';
const FROM_ALDER = `${OF_ALDER} path 4242426001`;
const MARKED_BY_ALDER = `${FROM_ALDER} otc 4242426001`;
/** Verdicts on a route of alder: in without a mark, with its own, with another; out to basalt without, with (RFC 9234 §5). */
const BY_ROLE: Readonly<Record<BgpRole, readonly (string | null)[]>> = {
  provider: [null, 'otc-leak', 'otc-leak', null, null],
  'rs-server': [null, 'otc-leak', 'otc-leak', null, null],
  peer: [null, null, 'otc-leak', null, 'only-to-customers'],
  customer: [null, null, null, null, 'only-to-customers'],
  'rs-client': [null, null, null, null, 'only-to-customers'],
};

for (const role of BGP_ROLES)
  scenario(`policy test knows the role ${role} whether or not there is a session`, (simulation) => {
    const { operator, alder, basalt } = routersOf(simulation, 'operator', 'alder', 'basalt');
    const there = { role: counterpartOf(role) };
    peer(operator, alder, { role, enabled: false }, there);
    peer(operator, basalt, { role, enabled: false }, there);
    const verdicts = () =>
      [
        ['alder', 'in', FROM_ALDER],
        ['alder', 'in', MARKED_BY_ALDER],
        ['alder', 'in', `${FROM_ALDER} otc 7`],
        ['basalt', 'out', FROM_ALDER],
        ['basalt', 'out', MARKED_BY_ALDER],
      ].map(([peering = '', direction = '', route = '']) => {
        const rows = ask(simulation, operator, 'policy-test', route, { peering, direction });
        expect(rows).toHaveLength(1);
        return rows[0]?.reason;
      });
    expect(verdicts()).toEqual(BY_ROLE[role]);
    for (const id of ['alder', 'basalt']) operator.change(id, { enabled: true });
    establish(simulation, [
      [operator, alder],
      [operator, basalt],
    ]);
    simulation.run(seconds(5));
    expect(verdicts()).toEqual(BY_ROLE[role]);
    expectHealthy(operator, alder, basalt);
  });
