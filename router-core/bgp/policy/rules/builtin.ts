/**
 * What is there without a document: the bases every chain begins with, and ready-made policies.
 *
 * Not standardized; portal specification §11.6 (order of import), BGP specification §13.2.
 *
 * The bases are written in the language so that people can read and trace them. What runs is
 * `../import-policy.ts` and `../export-policy.ts`, which say the same by hand, faster; a test compares.
 * `own-as` and `first-as` are written as they are unless options of a session (`allowasIn`, `enforceFirstAs`,
 * roles of a route server) say otherwise, which only the code knows.
 *
 * @module
 */
import { PATH_ASNS_MAX } from '../../rib/limits.ts';
import type { ParameterDeclaration, PolicyText, RuleText } from './document.ts';

export type Direction = 'import' | 'export';

const reject = (name: string, condition: RuleText['if']): RuleText => ({
  name,
  ...(condition === undefined ? {} : { if: condition }),
  then: { reject: name },
});

/** RFC 7300, RFC 6793 §9. */
const MARTIAN_ASNS = [23456, 65535, 4294967295];

/** A wish to be left alone by packets, of somebody who may have it (RFC 7999 §3.3). */
const BLACKHOLE: RuleText['if'] = { mayBlackhole: true, community: '65535:666' };

const OWN_PREFIX = reject('own-prefix', { session: 'external', ownPrefix: true });
const LOOPS: readonly RuleText[] = [
  reject('own-as', { pathContains: 'own' }),
  reject('path-too-long', { pathCount: { min: PATH_ASNS_MAX + 1 } }),
  reject('first-as', { session: 'external', not: { pathFirst: 'peer' } }),
];
const ENDS: readonly RuleText[] = [
  reject('loop-cluster', { session: 'internal', reflected: true }),
  reject('otc-leak', { leaked: true }),
  reject('next-hop', { nextHopUsable: false }),
];

const NOTHING: PolicyText = { rules: [], otherwise: 'reject' };

/** By direction and name. */
export const BASE_POLICIES: Readonly<Record<Direction, Readonly<Record<string, PolicyText>>>> = {
  import: {
    'dn42-import': {
      rules: [
        reject('registry-missing', { registry: 'missing' }),
        OWN_PREFIX,
        reject('not-dn42-space', { filterRow: 'denied' }),
        reject('prefix-length', { filterRow: 'wrong-length', not: BLACKHOLE }),
        ...LOOPS,
        reject('martian-as', { pathContains: MARTIAN_ASNS }),
        ...ENDS,
        reject('roa-not-found', { roa: 'not-found' }),
        reject('roa-invalid-origin', { roa: 'invalid-origin' }),
        reject('roa-invalid-length', { roa: 'invalid-length', not: BLACKHOLE }),
        reject('peer-only', { role: 'peer-only', not: { pathOnly: 'peer' } }),
      ],
    },
    'accept-all': {
      rules: [
        OWN_PREFIX,
        reject('not-dn42-space', { bogon: true, prefixLength: { min: 1 } }),
        ...LOOPS,
        ...ENDS,
        reject('peer-only', { role: 'peer-only', not: { pathOnly: 'peer' } }),
      ],
    },
    none: NOTHING,
  },
  export: {
    'dn42-export': {
      rules: [
        { name: 'own-routes', if: { source: 'own' }, then: { accept: true } },
        {
          name: 'to-friends',
          if: {
            fromRole: ['full', 'accept-all', 'upstream', 'downstream'],
            role: ['full', 'downstream', 'accept-all'],
          },
          then: { accept: true },
        },
        {
          name: 'of-customers-to-upstreams',
          if: { fromRole: 'downstream', role: 'upstream' },
          then: { accept: true },
        },
        {
          name: 'of-peers-to-customers',
          if: { fromRole: 'peer-only', role: 'downstream' },
          then: { accept: true },
        },
      ],
      otherwise: 'reject',
    },
    'own-only': {
      rules: [{ name: 'own-routes', if: { source: 'own' }, then: { accept: true } }],
      otherwise: 'reject',
    },
    'accept-all': { rules: [] },
    none: NOTHING,
  },
};

export const BASES: Readonly<Record<Direction, readonly string[]>> = {
  import: Object.keys(BASE_POLICIES.import),
  export: Object.keys(BASE_POLICIES.export),
};

/** To be named in any chain, in either direction. */
export const BUILTIN_POLICIES: Readonly<Record<string, PolicyText>> = {
  'dn42-link': { rules: [{ name: 'link-flags', then: { linkFlags: true } }] },
  'dn42-med': { rules: [{ name: 'link-med', then: { med: 'dn42' } }] },
  'dn42-actions': { rules: [{ name: 'asked-by-peers', then: { actionCommunities: true } }] },
  'prefer-direct': {
    rules: [{ name: 'one-hop', if: { pathLength: 1 }, then: { localPref: { add: 500 } } }],
  },
};

const scale = (min: number, max: number): ParameterDeclaration => ({ type: 'number', min, max });

/** The values of DN42's communities themselves (portal specification §11). */
export const BUILTIN_PARAMETERS: Readonly<Record<string, ParameterDeclaration>> = {
  latency: scale(1, 9),
  bandwidth: scale(21, 29),
  encryption: scale(31, 36),
  kind: scale(81, 89),
  loss: scale(91, 94),
  region: scale(41, 70),
  country: scale(1000, 1999),
};
