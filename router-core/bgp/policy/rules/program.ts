/**
 * A chain of policies compiled for one session: few conditions per route, and most results remembered.
 *
 * Not standardized; BGP specification §13.2 (compilation), §14.1.
 *
 *   conditions of the session       decided once, here
 *   of prefix, ROA and source       asked per route; their answers are the class of the route
 *   of the attributes, and actions  asked once per (set of attributes, class)
 *
 * Invariants
 * - Gives what `interpreter.ts` gives.
 * - A remembered result is used only while both sets of attributes are the ones it was made for: ids are
 *   given again, births are not.
 * - Memory is fixed; what does not fit is computed again.
 *
 * @module
 */
import { assertNever } from '../../../base/assert.ts';
import type { AttributeStore } from '../../attribute/attribute-store.ts';
import { u16, u32 } from '../../rib/columns.ts';
import type { PrefixTable } from '../../rib/prefix-table.ts';
import { ACCEPTED, type Reasons } from '../reason.ts';
import { applyAction } from './actions.ts';
import { conditionsOf } from './chain.ts';
import type {
  Action,
  Condition,
  FilterVerdict,
  PeerFacts,
  Policy,
  PolicySession,
} from './condition.ts';
import { EditableAttributes } from './editable-attributes.ts';
import { isInAsSet, isParameter, nextHopsOf } from './interpreter.ts';
import { RESULTS_REMEMBERED } from './limits.ts';
import { inRange, matchesMask, matchesPrefix } from './patterns.ts';
import { PrefixMatcher } from './prefix-matcher.ts';

/** What the registry and this node say of a route; answered by the import policy. */
export interface RouteFacts {
  readonly hasRegistry: boolean;
  isOwnPrefix(route: PrefixTable): boolean;
  isBogon(route: PrefixTable): boolean;
  filterRow(route: PrefixTable): FilterVerdict;
  /** By position in ROA_VALIDITIES. */
  validity(route: PrefixTable, origin: number): number;
  isReflected(attributes: number): boolean;
  isLeaked(attributes: number): boolean;
  isNextHopUsable(attributes: number): boolean;
}

export type ProgramParts = {
  readonly store: AttributeStore;
  readonly facts: RouteFacts;
  readonly reasons: Reasons;
  /** Room for one canonical block, shared by all programs. */
  readonly scratch: Uint8Array;
};

/** The present route, as compiled conditions see it. */
type Context = {
  readonly answers: Uint8Array;
  attributes: EditableAttributes;
  /** The set as it came. */
  id: number;
};
type Test = (context: Context) => boolean;
type ClassTest = (route: PrefixTable, attributes: number, from: PeerFacts | undefined) => boolean;
type CompiledRule = { readonly name: string; readonly test: Test; readonly action: Action };
type CompiledPolicy = {
  readonly name: string;
  readonly rules: readonly CompiledRule[];
  readonly otherwise: 'accept' | 'reject';
};

/** So many answers fit the key of a result; a program that asks more remembers nothing. */
const CLASS_BITS_MAX = 30;

/** The highest bits of a hash are the place of a result. */
const HASH_SHIFT = 32 - Math.log2(RESULTS_REMEMBERED);

const always: Test = () => true;
const never: Test = () => false;

export class PolicyProgram {
  /** The set the last evaluation left, when it accepted. */
  attributes: number;
  /** Whether a new registry or other prefixes of our own may change results. */
  readonly asksFacts: boolean;
  private readonly session: PolicySession;
  private readonly parts: ProgramParts;
  private readonly policies: readonly CompiledPolicy[];
  private readonly classTests: ClassTest[] = [];
  private readonly context: Context;
  private readonly wanted: Uint32Array;
  private readonly wantedBirth: Uint32Array;
  private readonly wantedClass: Uint32Array;
  private readonly result: Uint32Array;
  private readonly resultBirth: Uint32Array;
  private readonly reason: Uint16Array;

  constructor(chain: readonly Policy[], session: PolicySession, parts: ProgramParts) {
    this.attributes = 0;
    this.session = session;
    this.parts = parts;
    this.asksFacts = conditionsOf(chain).some(({ op }) => FACT_CONDITIONS.has(op));
    this.policies = chain.map(({ name, rules, otherwise }) => ({
      name,
      otherwise,
      rules: rules.map((rule) => ({
        name: rule.name,
        test: this.compile(rule.condition),
        action: rule.action,
      })),
    }));
    const nothing = new EditableAttributes(new Uint8Array(0), 0, 0);
    this.context = {
      answers: new Uint8Array(this.classTests.length),
      attributes: nothing,
      id: 0,
    };
    const rows = this.classTests.length <= CLASS_BITS_MAX ? RESULTS_REMEMBERED : 0;
    this.wanted = new Uint32Array(rows);
    this.wantedBirth = new Uint32Array(rows);
    this.wantedClass = new Uint32Array(rows);
    this.result = new Uint32Array(rows);
    this.resultBirth = new Uint32Array(rows);
    this.reason = new Uint16Array(rows);
  }

  /** Judges the prefix loaded in `route`; returns the reason and leaves the set in `attributes`. */
  evaluate(route: PrefixTable, id: number, from: PeerFacts | undefined): number {
    const { answers } = this.context;
    let bits = from === undefined ? 1 : 0;
    for (let i = 0; i < answers.length; i++) {
      const answer = (this.classTests[i] as ClassTest)(route, id, from) ? 1 : 0;
      answers[i] = answer;
      bits = (bits << 1) | answer;
    }
    if (this.wanted.length === 0) return this.run(id, from === undefined);
    const { birth } = this.parts.store;
    const slot = (Math.imul(id, 0x9e3779b1) ^ Math.imul(bits, 0x85ebca6b)) >>> HASH_SHIFT;
    const isKnown =
      u32(this.wanted, slot) === id &&
      u32(this.wantedClass, slot) === bits >>> 0 &&
      u32(this.wantedBirth, slot) === u32(birth, id) &&
      u32(this.resultBirth, slot) === u32(birth, u32(this.result, slot));
    if (isKnown) {
      this.attributes = u32(this.result, slot);
      return u16(this.reason, slot);
    }
    const reason = this.run(id, from === undefined);
    this.wanted[slot] = id;
    this.wantedClass[slot] = bits;
    // Storing the result may have moved the column.
    this.wantedBirth[slot] = u32(this.parts.store.birth, id);
    this.result[slot] = this.attributes;
    this.resultBirth[slot] = u32(this.parts.store.birth, this.attributes);
    this.reason[slot] = reason;
    return reason;
  }

  private run(id: number, isOwn: boolean): number {
    const { store, reasons, scratch } = this.parts;
    const { context, session } = this;
    const attributes = new EditableAttributes(store.bytes, store.start(id), store.end(id));
    context.attributes = attributes;
    context.id = id;
    this.attributes = id;
    for (const { name, rules, otherwise } of this.policies) {
      let verdict = otherwise;
      let token = `rule:${name}`;
      for (const rule of rules) {
        if (!rule.test(context)) continue;
        const outcome = applyAction(rule.action, attributes, session, isOwn);
        if (outcome === 'next') continue;
        verdict = outcome;
        token = rule.action.reason ?? `rule:${rule.name}`;
        break;
      }
      if (verdict === 'reject') return reasons.numberOf(token);
    }
    endExport(attributes, session);
    this.attributes = store.intern(scratch, 0, attributes.write(scratch));
    return ACCEPTED;
  }

  private compile(condition: Condition): Test {
    switch (condition.op) {
      case 'all': {
        const tests = condition.of.map((each) => this.compile(each)).filter((t) => t !== always);
        if (tests.includes(never)) return never;
        return tests.length === 0 ? always : (context) => tests.every((test) => test(context));
      }
      case 'any': {
        const tests = condition.of.map((each) => this.compile(each)).filter((t) => t !== never);
        if (tests.includes(always)) return always;
        return tests.length === 0 ? never : (context) => tests.some((test) => test(context));
      }
      case 'not': {
        const test = this.compile(condition.of);
        return test === always ? never : test === never ? always : (context) => !test(context);
      }
      default:
        return this.ofSession(condition) ?? this.ofClass(condition) ?? this.ofAttributes(condition);
    }
  }

  /** What is decided for good. */
  private ofSession(condition: Condition): Test | undefined {
    const { peer, family, parameters } = this.session;
    const decided = (holds: boolean): Test => (holds ? always : never);
    switch (condition.op) {
      case 'family':
        return decided(family === condition.wanted);
      case 'peer':
        return decided(condition.names.includes(peer.name));
      case 'group':
        return decided(peer.groups.some((group) => condition.names.includes(group)));
      case 'role':
        return decided(condition.names.includes(peer.role));
      case 'peerAsn':
        return decided(isInAsSet(condition.asns, peer.asn, this.session));
      case 'session':
        return decided(peer.isInternal === condition.isInternal);
      case 'mayBlackhole':
        return decided((peer.mayBlackhole ?? false) === condition.wanted);
      case 'parameter':
        return decided(isParameter(condition.wanted, parameters.get(condition.name)));
      default:
        return undefined;
    }
  }

  /** What is asked per route: an answer of its class. */
  private ofClass(condition: Condition): Test | undefined {
    const test = this.classTest(condition);
    if (test === undefined) return undefined;
    const place = this.classTests.length;
    this.classTests.push(test);
    return (context) => context.answers[place] === 1;
  }

  private classTest(condition: Condition): ClassTest | undefined {
    const { facts, store } = this.parts;
    switch (condition.op) {
      case 'prefix': {
        const matcher = new PrefixMatcher(this.session.family, condition.patterns);
        return (route) => matcher.matchesLoaded(route);
      }
      case 'prefixLength':
        return (route) => inRange(condition.range, route.bits);
      case 'ownPrefix':
        return (route) => facts.isOwnPrefix(route) === condition.wanted;
      case 'bogon':
        return (route) => facts.isBogon(route) === condition.wanted;
      case 'registry':
        return () => facts.hasRegistry === condition.wanted;
      case 'isOwn':
        return (_route, _id, from) => (from === undefined) === condition.wanted;
      case 'filterRow':
        return (route) => facts.filterRow(route) === condition.wanted;
      case 'roa':
        return (route, id) => {
          const isEmpty = u16(store.pathCount, id) === 0;
          const origin = isEmpty ? this.session.ownAsn : u32(store.originAs, id);
          return condition.wanted.includes(facts.validity(route, origin));
        };
      case 'fromPeer':
        return (_route, _id, from) => from !== undefined && condition.names.includes(from.name);
      case 'fromRole':
        return (_route, _id, from) => from !== undefined && condition.names.includes(from.role);
      case 'fromGroup':
        return (_route, _id, from) =>
          from?.groups.some((group) => condition.names.includes(group)) === true;
      case 'fromAsn':
        return (_route, _id, from) =>
          from !== undefined && isInAsSet(condition.asns, from.asn, this.session);
      default:
        return undefined;
    }
  }

  private ofAttributes(condition: Condition): Test {
    const { session } = this;
    const { facts } = this.parts;
    switch (condition.op) {
      case 'pathLength':
        return ({ attributes }) => inRange(condition.range, attributes.pathLength);
      case 'pathCount':
        return ({ attributes }) => inRange(condition.range, attributes.pathAsns.length);
      case 'localPref':
        return ({ attributes }) => inRange(condition.range, attributes.localPref);
      case 'med': {
        const { range } = condition;
        if (range === 'absent') return ({ attributes }) => attributes.med === undefined;
        return ({ attributes: { med } }) => med !== undefined && inRange(range, med);
      }
      case 'pathFirst':
        return ({ attributes }) => isInAsSet(condition.asns, attributes.pathFirst, session);
      case 'pathLast':
        return ({ attributes }) => isInAsSet(condition.asns, attributes.pathLast, session);
      case 'pathOnly':
        return ({ attributes }) => isInAsSet(condition.asns, attributes.pathOnly, session);
      case 'pathContains':
        return ({ attributes }) =>
          attributes.pathAsns.some((asn) => isInAsSet(condition.asns, asn, session));
      case 'pathMatches':
        return ({ attributes }) => {
          const path = attributes.pathAsns;
          return condition.masks.some((mask) => matchesMask(mask, path));
        };
      case 'community':
        return ({ attributes }) => condition.patterns.some((pattern) => attributes.has(pattern));
      case 'nextHop':
        return ({ attributes }) =>
          nextHopsOf(attributes).some((address) => {
            const host = { ...address, length: address.bytes.length * 8 };
            return condition.patterns.some((pattern) => matchesPrefix(pattern, host));
          });
      case 'nextHopUsable':
        return ({ id }) => facts.isNextHopUsable(id) === condition.wanted;
      case 'reflected':
        return ({ id }) => facts.isReflected(id) === condition.wanted;
      case 'leaked':
        return ({ id }) => facts.isLeaked(id) === condition.wanted;
      case 'origin':
        return ({ attributes }) => attributes.origin === condition.wanted;
      default:
        return assertNever(condition as never);
    }
  }
}

/** RFC 4271 §5.1.4: only a MED of our own crosses the border. */
export function endExport(attributes: EditableAttributes, session: PolicySession): void {
  const isExternal = session.direction === 'export' && !session.peer.isInternal;
  if (isExternal && !attributes.isMedOurs) attributes.med = undefined;
}

const FACT_CONDITIONS: ReadonlySet<Condition['op']> = new Set([
  'ownPrefix',
  'registry',
  'filterRow',
  'roa',
]);
