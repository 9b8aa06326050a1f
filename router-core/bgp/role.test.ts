import { expect, test } from 'vitest';
import type { Capability } from './capability/capability.ts';
import { conflictWords, judgeRoles, roleWords } from './role.ts';
import {
  KEEPALIVE_HEX,
  messagesOf,
  type ScriptedRouter,
  scriptedRouter,
  theirOpen,
} from './testing/scripted-router.ts';
import { BGP_ROLES, type BgpRole } from './types.ts';

/** RFC 9234 §4.2, table 2; the other twenty pairs of twenty-five do not fit. */
const FITTING = new Set([
  'provider customer',
  'customer provider',
  'rs-server rs-client',
  'rs-client rs-server',
  'peer peer',
]);
const PAIRS = BGP_ROLES.flatMap((ours) => BGP_ROLES.map((theirs) => [ours, theirs] as const));
const MULTIPROTOCOL: readonly Capability[] = [
  { kind: 'multiprotocol', afi: 1, safi: 1 },
  { kind: 'multiprotocol', afi: 2, safi: 1 },
  { kind: 'four-octet-as', asn: 4242420001 },
];
const claim = (role: number): Capability => ({ kind: 'role', role });

/** A router with a role that got the OPEN of a side with these capabilities more. */
function meet(
  role: BgpRole,
  more: readonly Capability[],
  change: { strictRole?: boolean } = {},
): ScriptedRouter {
  const r = scriptedRouter({ role, ...change });
  r.pass(1);
  r.open(r.last());
  r.deliver(r.last(), theirOpen({ capabilities: [...MULTIPROTOCOL, ...more] }));
  return r;
}

test.each(PAIRS)('we are %s, they are %s', (ours, theirs) => {
  const r = meet(ours, [claim(BGP_ROLES.indexOf(theirs))]);
  if (FITTING.has(`${ours} ${theirs}`)) {
    r.deliver(r.last(), KEEPALIVE_HEX);
    expect(r.state()).toBe('established');
    expect(r.neighbors.view(r.neighbor).session?.role).toBe(ours);
    return;
  }
  expect(messagesOf(r.last()).at(-1)).toBe('NOTIFICATION 2/11');
  expect(r.state()).toBe('idle');
  expect(r.events()).toContainEqual({
    kind: 'roles-differ',
    neighbor: r.neighbor,
    roles: { ours, theirs: roleWords(theirs) },
  });
});

test('a side without a role agrees with everything, unless a role is required', () => {
  const silent = meet('provider', []);
  silent.deliver(silent.last(), KEEPALIVE_HEX);
  expect(silent.state()).toBe('established');
  expect(silent.neighbors.view(silent.neighbor).session?.missingCapabilities).toContain(
    'Role provider',
  );
  const strict = meet('provider', [], { strictRole: true });
  expect(messagesOf(strict.last()).at(-1)).toBe('NOTIFICATION 2/11');
  expect(strict.neighbors.view(strict.neighbor).lastError).toBe(
    'we are provider, so the other side has to be customer, and it announced no role',
  );
});

test('the same role twice is one role; two different ones are none (RFC 9234 §4.2)', () => {
  const wish = { role: 'provider', isStrict: false } as const;
  expect(judgeRoles(wish, [claim(3), claim(3)])).toBeUndefined();
  const conflict = judgeRoles(wish, [claim(3), claim(4)]);
  expect(conflict).toEqual({ ours: 'provider', theirs: 'customer and peer' });
  expect(judgeRoles(wish, [claim(77)])?.theirs).toBe('role 77');
});

test('without a role of ours theirs is ignored', () => {
  expect(judgeRoles(undefined, [claim(0), claim(1)])).toBeUndefined();
});

test('a conflict in words', () => {
  expect(conflictWords({ ours: 'rs-client', theirs: 'peer' })).toBe(
    'we are route server client, so the other side has to be route server, but it says that it is peer',
  );
});
