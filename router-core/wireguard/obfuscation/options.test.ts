import { describe, expect, test } from 'vitest';
import fixture from './fixtures/parameter-validation.json' with { type: 'json' };
import { checkObfuscation, obfuscationIdentity } from './options.ts';
import { optionsOfUapi, uapiPairs } from './testing/uapi-options.ts';

/** What the reference accepts and we do not, because it would draw absurd sizes or skip text. */
const STRICTER = ['jmin=10\njmax=5\n', 'i1=nothing\n'];

const findings = (config: object): string[] =>
  checkObfuscation(config, 'obfuscation').map(({ path, message }) => `${path}: ${message}`);

describe('parameter sets the reference accepts and refuses', () => {
  test.each(fixture.cases)('$uapi', ({ uapi, ok }) => {
    const options = optionsOfUapi(uapiPairs(uapi));
    const isAccepted = findings({ kind: 'amneziawg', ...options }).length === 0;
    expect(isAccepted).toBe(ok && !STRICTER.includes(uapi));
  });
});

test.each<[string, object, string]>([
  ['a parameter that was removed', { kind: 'amneziawg', j1: '<r 5>' }, 'j1 was removed'],
  ['an option of another kind', { kind: 'wgobfs', key: 'k', jc: 3 }, 'jc is no option of wgobfs'],
  ['no key', { kind: 'wgobfs' }, 'key is 1 to 32'],
  ['a key that is too long', { kind: 'wgobfs', key: 'k'.repeat(33) }, 'key is 1 to 32'],
  ['a key a shell would read', { kind: 'ipt_xor', key: 'a$(b)' }, 'key is 1 to 64'],
  ['an unknown key', { kind: 'none', colour: 1 }, 'obfuscation.colour is not a known key'],
  ['an unknown kind', { kind: 'rot13' }, 'one of none, amneziawg, wgobfs, ipt_xor'],
  ['absurd junk', { kind: 'amneziawg', jc: 129 }, 'jc is 0 to 128'],
  ['junk beyond the path', { kind: 'amneziawg', jmax: 9000 }, 'jmax is 0 to 1452'],
  ['padding beyond the path', { kind: 'amneziawg', s4: 141 }, 's4 is 0 to 140'],
  ['a type that means default', { kind: 'amneziawg', h1: 0 }, 'h1 0 means "default"'],
  ['equal lengths in generation 1', { kind: 'amneziawg', s1: 4, s2: 60 }, 's2 is not s1 + 56'],
  ['text between tags', { kind: 'amneziawg', i1: 'a<r 5>' }, 'i1 is made of tags'],
  ['half a key', { kind: 'amneziawg', headerProtectionKey: 'abc=' }, '44 characters of base64'],
  ['endless keys', { kind: 'amneziawg', rejectAfterTime: '180-86400' }, 'rejectAfterTime is 1 to'],
])('%s is refused with a sentence', (_, config, sentence) => {
  expect(findings(config).join('\n')).toContain(sentence);
});

test('timings are a warning: this node keeps its own', () => {
  const timed = { kind: 'amneziawg', rekeyAfterTime: '90-110', maxHandshakeAttempts: 20 };
  expect(
    checkObfuscation(timed, 'obfuscation').map(({ severity, path }) => [severity, path]),
  ).toEqual([
    ['warning', 'obfuscation.rekeyAfterTime'],
    ['warning', 'obfuscation.maxHandshakeAttempts'],
  ]);
});

test('equal lengths are fine where types tell the messages apart', () => {
  expect(findings({ kind: 'amneziawg', s1: 4, s2: 60, h1: '5-9' })).toEqual([]);
});

test('equal obfuscations have one identity, whatever the order of their keys', () => {
  expect(obfuscationIdentity({ kind: 'amneziawg', s1: 4, jc: 1 })).toBe(
    obfuscationIdentity({ jc: 1, kind: 'amneziawg', s1: 4 }),
  );
});
