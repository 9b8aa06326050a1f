/**
 * From the words of a policy document to rules that can run, or to everything that is wrong with it.
 *
 * Not standardized; BGP specification §13.2 ("unknown names and impossible conditions are errors at
 * save time, with the rule number").
 *
 * Codes: `POLICY_NAME_UNKNOWN` a set, policy, group or parameter that does not exist;
 * `POLICY_VALUE` a text that cannot be read; `POLICY_IMPOSSIBLE` a condition nothing can fulfil, or a
 * rule nothing can reach.
 *
 * @module
 */
import type { Finding } from '../../../base/errors.ts';
import { checkSchema } from '../../../base/schema.ts';
import { ROA_VALIDITIES } from '../../roa/roa-table.ts';
import { isReasonToken } from '../reason.ts';
import {
  checkAssignment,
  type Fail,
  isValueOf,
  known,
  reporter,
  WORD_MAX,
  wordsOf,
} from './assignment.ts';
import {
  BASE_POLICIES,
  BASES,
  BUILTIN_PARAMETERS,
  BUILTIN_POLICIES,
  type Direction,
} from './builtin.ts';
import type { Action, Condition, Policy, PolicyBook, Rule } from './condition.ts';
import {
  type ActionText,
  type AsText,
  type ConditionText,
  type ParameterDeclaration,
  POLICY_SCHEMA,
  type PolicyDocument,
  type PolicyText,
  type RangeText,
  type RuleText,
  type Texts,
} from './document.ts';
import {
  type AsSet,
  type CommunityPattern,
  type PrefixPattern,
  parseAsRange,
  parseCommunity,
  parseCommunityPattern,
  parsePathMask,
  parsePrefixPattern,
  parseTranslation,
  type Range,
} from './patterns.ts';

const NAME = /^[a-z][a-z0-9-]{0,47}$/;
const ORIGINS = { igp: 0, egp: 1, incomplete: 2 } as const;

/** Resolves a document; with an error among the findings there is no book. */
export function resolvePolicyDocument(
  value: unknown,
  path = 'policy',
): { book?: PolicyBook; findings: Finding[] } {
  const findings = checkSchema(POLICY_SCHEMA, value, path);
  if (findings.length > 0) return { findings };
  const document = value as PolicyDocument;
  const resolver = new Resolver(document, findings, path);
  const book = resolver.resolve();
  return findings.length === 0 ? { book, findings } : { findings };
}

class Resolver {
  private readonly document: PolicyDocument;
  private readonly fail: Fail;
  private readonly path: string;
  private readonly prefixes = new Map<string, readonly PrefixPattern[]>();
  private readonly asns = new Map<string, AsSet>();
  private readonly communities = new Map<string, readonly CommunityPattern[]>();
  private readonly parameters: ReadonlyMap<string, ParameterDeclaration>;
  /** `policy.policies.mine.rules[2]` and `Rule 3 "…" of mine`, while a rule is read. */
  private place = '';
  private who = '';

  constructor(document: PolicyDocument, findings: Finding[], path: string) {
    this.document = document;
    this.fail = reporter(findings);
    this.path = path;
    this.parameters = new Map([
      ...Object.entries(BUILTIN_PARAMETERS),
      ...Object.entries(document.parameters ?? {}),
    ]);
  }

  resolve(): PolicyBook {
    this.readSets();
    const policies = new Map<string, Policy>();
    for (const [name, text] of Object.entries(BUILTIN_POLICIES))
      policies.set(name, this.readPolicy(name, text));
    for (const [name, text] of Object.entries(this.document.policies ?? {})) {
      this.checkName(name, `${this.path}.policies.${name}`);
      if (policies.has(name) || BASES.import.includes(name) || BASES.export.includes(name))
        this.fail('POLICY_VALUE', `${this.path}.policies.${name}`, `${name} is built in.`);
      policies.set(name, this.readPolicy(name, text));
    }
    this.checkRuleNames();
    const { document, parameters } = this;
    const bases = { import: this.readBases('import'), export: this.readBases('export') };
    const book = { document, policies, bases, parameters };
    const groups = Object.entries(document.groups ?? {});
    for (const [place, assignment] of [
      ['defaults', document.defaults ?? {}] as const,
      ...groups.map(([name, each]) => [`groups.${name}`, each] as const),
    ])
      for (const { code, path, message, hint } of checkAssignment(
        book,
        assignment,
        `${this.path}.${place}`,
      ))
        this.fail(code, path, message, hint);
    return book;
  }

  private readBases(direction: Direction): ReadonlyMap<string, Policy> {
    const texts = Object.entries(BASE_POLICIES[direction]);
    return new Map(texts.map(([name, text]) => [name, this.readPolicy(name, text)]));
  }

  private checkName(name: string, path: string): void {
    if (!NAME.test(name) || parseCommunityPattern(name) !== undefined)
      this.fail('POLICY_VALUE', path, `A name is small letters, digits and hyphens, not ${name}.`);
  }

  private readSets(): void {
    const { prefixes = {}, asns = {}, communities = {} } = this.document.sets ?? {};
    const read = <T>(
      kind: string,
      sets: Readonly<Record<string, readonly (string | number)[]>>,
      parse: (text: string | number) => T | undefined,
      store: (name: string, entries: T[]) => void,
    ): void => {
      for (const [name, entries] of Object.entries(sets)) {
        const path = `${this.path}.sets.${kind}.${name}`;
        this.checkName(name, path);
        if (entries.length === 0)
          this.fail('POLICY_IMPOSSIBLE', path, `The set ${name} is empty: nothing is ever in it.`);
        const parsed = entries.flatMap((entry, i) => {
          const each = parse(entry);
          if (each === undefined)
            this.fail('POLICY_VALUE', `${path}[${i}]`, `${String(entry)} cannot be read here.`);
          return each === undefined ? [] : [each];
        });
        store(name, parsed);
      }
    };
    read(
      'prefixes',
      prefixes,
      (text) => parsePrefixPattern(String(text)),
      (name, entries) => this.prefixes.set(name, entries),
    );
    read('asns', asns, parseAsRange, (name, ranges) =>
      this.asns.set(name, { ranges, hasOwn: false, hasPeer: false }),
    );
    read(
      'communities',
      communities,
      (text) => parseCommunityPattern(String(text)),
      (name, entries) => this.communities.set(name, entries),
    );
  }

  private readPolicy(name: string, { rules, otherwise = 'accept' }: PolicyText): Policy {
    let end: RuleText | undefined;
    const read = rules.map((text, i): Rule => {
      this.place = `${this.path}.policies.${name}.rules[${i}]`;
      this.who = `Rule ${i + 1} "${text.name}" of ${name}`;
      this.checkName(text.name, `${this.place}.name`);
      if (end !== undefined)
        this.fail(
          'POLICY_IMPOSSIBLE',
          this.place,
          `${this.who} is never reached: "${end.name}" decides every route before it.`,
        );
      const condition = this.readCondition(text.if ?? {}, `${this.place}.if`);
      const action = this.readAction(text.then, `${this.place}.then`);
      const isForAll = condition.op === 'all' && condition.of.length === 0;
      if (isForAll && action.verdict !== undefined) end = text;
      return { name: text.name, number: i + 1, condition, action };
    });
    return { name, rules: read, otherwise };
  }

  /** The name of a rule is the reason of what it rejects, so it is said once. */
  private checkRuleNames(): void {
    const seen = new Map<string, string>();
    for (const [policy, { rules }] of Object.entries(this.document.policies ?? {})) {
      for (const [i, rule] of rules.entries()) {
        const other = seen.get(rule.name);
        if (other !== undefined)
          this.fail(
            'POLICY_VALUE',
            `${this.path}.policies.${policy}.rules[${i}].name`,
            `Rule ${i + 1} of ${policy} is named "${rule.name}" as one of ${other}.`,
          );
        seen.set(rule.name, policy);
      }
    }
  }

  private impossible(path: string, why: string): void {
    this.fail('POLICY_IMPOSSIBLE', path, `${this.who} can never match: ${why}.`);
  }

  private readCondition(text: ConditionText, path: string): Condition {
    const of: Condition[] = [];
    const list = <T>(value: T | readonly T[]): readonly T[] =>
      Array.isArray(value) ? (value as readonly T[]) : [value as T];
    const range = (key: string, value: RangeText, limit = WORD_MAX): Range =>
      this.readRange(value, `${path}.${key}`, limit);
    const asns = (key: string, value: AsText): AsSet => this.readAsns(value, `${path}.${key}`);
    if (text.prefix !== undefined) {
      const patterns = this.readPrefixes(text.prefix, `${path}.prefix`);
      of.push({ op: 'prefix', patterns });
      this.checkPrefixes(text, patterns, path);
    }
    if (text.prefixLength !== undefined)
      of.push({
        op: 'prefixLength',
        range: range('prefixLength', text.prefixLength, text.family === 'ipv4' ? 32 : 128),
      });
    if (text.family !== undefined)
      of.push({ op: 'family', wanted: text.family === 'ipv4' ? 4 : 6 });
    for (const op of [
      'ownPrefix',
      'bogon',
      'mayBlackhole',
      'nextHopUsable',
      'reflected',
      'leaked',
    ] as const) {
      const wanted = text[op];
      if (wanted !== undefined) of.push({ op, wanted });
    }
    if (text.filterRow !== undefined) of.push({ op: 'filterRow', wanted: text.filterRow });
    if (text.registry !== undefined)
      of.push({ op: 'registry', wanted: text.registry === 'present' });
    if (text.source !== undefined) of.push({ op: 'isOwn', wanted: text.source === 'own' });
    if (text.roa !== undefined)
      of.push({ op: 'roa', wanted: list(text.roa).map((state) => ROA_VALIDITIES.indexOf(state)) });
    for (const op of ['peer', 'group', 'role', 'fromPeer', 'fromGroup', 'fromRole'] as const) {
      const names = text[op];
      if (names === undefined) continue;
      of.push({ op, names: list<string>(names as Texts) });
      if (op === 'group' || op === 'fromGroup') this.checkGroups(names as Texts, `${path}.${op}`);
    }
    for (const op of [
      'peerAsn',
      'fromAsn',
      'pathFirst',
      'pathLast',
      'pathContains',
      'pathOnly',
    ] as const) {
      const value = text[op];
      if (value !== undefined) of.push({ op, asns: asns(op, value) });
    }
    if (text.session !== undefined)
      of.push({ op: 'session', isInternal: text.session === 'internal' });
    for (const op of ['pathLength', 'pathCount', 'localPref'] as const) {
      const value = text[op];
      if (value !== undefined) of.push({ op, range: range(op, value) });
    }
    if (text.med !== undefined)
      of.push({
        op: 'med',
        range: text.med === 'absent' ? 'absent' : range('med', text.med as RangeText),
      });
    if (text.pathMatches !== undefined) {
      const masks = list<string>(text.pathMatches).map((mask) => {
        const tokens = parsePathMask(mask);
        if (tokens === undefined)
          this.fail('POLICY_VALUE', `${path}.pathMatches`, `${this.who}: ${mask} is no path mask.`);
        return tokens ?? [];
      });
      of.push({ op: 'pathMatches', masks });
    }
    if (text.community !== undefined)
      of.push({
        op: 'community',
        patterns: this.readCommunities(text.community, `${path}.community`),
      });
    if (text.nextHop !== undefined)
      of.push({ op: 'nextHop', patterns: this.readPrefixes(text.nextHop, `${path}.nextHop`) });
    if (text.origin !== undefined) of.push({ op: 'origin', wanted: ORIGINS[text.origin] });
    for (const [name, wanted] of Object.entries(text.parameter ?? {}))
      of.push(this.readParameter(name, wanted, `${path}.parameter.${name}`));
    this.checkSource(text, path);
    if (text.all !== undefined)
      of.push(...text.all.map((each, i) => this.readCondition(each, `${path}.all[${i}]`)));
    if (text.any !== undefined) {
      if (text.any.length === 0) this.impossible(`${path}.any`, 'of no conditions none holds');
      of.push({
        op: 'any',
        of: text.any.map((each, i) => this.readCondition(each, `${path}.any[${i}]`)),
      });
    }
    if (text.not !== undefined) {
      if (Object.keys(text.not).length === 0)
        this.impossible(`${path}.not`, 'the empty condition always holds');
      of.push({ op: 'not', of: this.readCondition(text.not, `${path}.not`) });
    }
    const [only] = of;
    return of.length === 1 && only !== undefined ? only : { op: 'all', of };
  }

  /** Our own routes come from no neighbor. */
  private checkSource({ source, ...text }: ConditionText, path: string): void {
    const asksNeighbor = (['fromPeer', 'fromGroup', 'fromRole', 'fromAsn'] as const).some(
      (key) => text[key] !== undefined,
    );
    if (source === 'own' && asksNeighbor)
      this.impossible(path, 'a route of our own comes from no neighbor');
  }

  private checkPrefixes(
    { family, prefixLength }: ConditionText,
    patterns: readonly PrefixPattern[],
    path: string,
  ): void {
    if (patterns.length === 0) return;
    const wanted = family === undefined ? undefined : family === 'ipv4' ? 4 : 6;
    const left = patterns.filter(({ prefix }) => wanted === undefined || prefix.family === wanted);
    if (left.length === 0) {
      this.impossible(`${path}.prefix`, `no prefix of it is ${family}`);
      return;
    }
    if (prefixLength === undefined) return;
    const { min, max } = rangeOf(prefixLength, 128);
    if (left.every((pattern) => pattern.max < min || pattern.min > max))
      this.impossible(`${path}.prefixLength`, 'no prefix of it has such a length');
  }

  private checkGroups(names: Texts, path: string): void {
    const groups = Object.keys(this.document.groups ?? {});
    for (const name of [names].flat())
      if (!groups.includes(name))
        this.fail(
          'POLICY_NAME_UNKNOWN',
          path,
          `${this.who}: no group is named ${name}.`,
          known(groups),
        );
  }

  private readRange(value: RangeText, path: string, limit: number): Range {
    const range = rangeOf(value, limit);
    if (range.min > range.max) this.impossible(path, `${range.min} is above ${range.max}`);
    return range;
  }

  private readPrefixes(texts: Texts, path: string): PrefixPattern[] {
    return [texts].flat().flatMap((text) => {
      const set = this.prefixes.get(text);
      if (set !== undefined) return set;
      const pattern = parsePrefixPattern(text);
      if (pattern !== undefined) return [pattern];
      this.failName('prefix set', text, /^[a-z]/.test(text), path, this.prefixes);
      return [];
    });
  }

  private readAsns(value: AsText, path: string): AsSet {
    const ranges: Range[] = [];
    let hasOwn = false;
    let hasPeer = false;
    for (const entry of [value].flat() as readonly (number | string)[]) {
      const set = typeof entry === 'string' ? this.asns.get(entry) : undefined;
      const range = parseAsRange(entry);
      if (entry === 'own') hasOwn = true;
      else if (entry === 'peer') hasPeer = true;
      else if (set !== undefined) ranges.push(...set.ranges);
      else if (range !== undefined) ranges.push(range);
      else this.failName('AS set', String(entry), /^[a-z]/.test(String(entry)), path, this.asns);
    }
    if (!hasOwn && !hasPeer && ranges.length === 0 && [value].flat().length === 0)
      this.impossible(path, 'it names no AS');
    return { ranges, hasOwn, hasPeer };
  }

  private readCommunities(texts: Texts, path: string): CommunityPattern[] {
    const list = [texts].flat();
    if (list.length === 0) this.impossible(path, 'it names no community');
    return list.flatMap((text) => {
      const set = this.communities.get(text);
      if (set !== undefined) return set;
      const pattern = parseCommunityPattern(text);
      if (pattern !== undefined) return [pattern];
      const isName = /^[a-z][a-z0-9-]*$/.test(text);
      this.failName('community set', text, isName, path, this.communities);
      return [];
    });
  }

  private failName(
    what: string,
    text: string,
    isName: boolean,
    path: string,
    names: ReadonlyMap<string, unknown>,
  ): void {
    if (isName)
      this.fail(
        'POLICY_NAME_UNKNOWN',
        path,
        `${this.who}: no ${what} is named ${text}.`,
        known(names),
      );
    else this.fail('POLICY_VALUE', path, `${this.who}: ${text} cannot be read here.`);
  }

  private readParameter(
    name: string,
    wanted: RangeText | string | boolean,
    path: string,
  ): Condition {
    const declaration = this.parameters.get(name);
    if (declaration === undefined) {
      this.fail(
        'POLICY_NAME_UNKNOWN',
        path,
        `${this.who}: no parameter is named ${name}.`,
        known(this.parameters),
      );
      return { op: 'parameter', name, wanted: false };
    }
    if (typeof wanted === 'string' || typeof wanted === 'boolean') {
      if (!isValueOf(declaration, wanted))
        this.impossible(path, `${name} is ${wordsOf(declaration)}`);
      return { op: 'parameter', name, wanted };
    }
    const range = this.readRange(wanted, path, WORD_MAX);
    const { type, min = 0, max = WORD_MAX } = declaration;
    if (type !== 'number' || range.min > max || range.max < min)
      this.impossible(path, `${name} is ${wordsOf(declaration)}`);
    return { op: 'parameter', name, wanted: range };
  }

  private readAction(text: ActionText, path: string): Action {
    const add = [text.addCommunities ?? []].flat().flatMap((each) => {
      const community = parseCommunity(each);
      const [a = 0, b = 0] = community?.parts ?? [];
      const isTooWide = community?.kind.startsWith('route') && a > 0xffff && b > 0xffff;
      if (community !== undefined && !isTooWide) return [community];
      this.fail(
        'POLICY_VALUE',
        `${path}.addCommunities`,
        `${this.who}: ${each} is not one community.`,
      );
      return [];
    });
    const translate = (text.translateCommunities ?? []).flatMap(({ from, to }, i) => {
      const translation = parseTranslation(from, to);
      if (translation !== undefined) return [translation];
      this.fail(
        'POLICY_VALUE',
        `${path}.translateCommunities[${i}]`,
        `${this.who}: ${from} cannot become ${to}; each * of the second needs one of the first that fits.`,
      );
      return [];
    });
    const isReject = text.reject !== undefined && text.reject !== false;
    if (isReject && text.accept === true)
      this.fail('POLICY_VALUE', path, `${this.who} both accepts and rejects.`);
    if (Object.keys(text).length === 0)
      this.fail('POLICY_VALUE', path, `${this.who} does nothing.`);
    const reason = typeof text.reject === 'string' ? text.reject : undefined;
    if (reason !== undefined && !isReasonToken(reason))
      this.fail(
        'POLICY_NAME_UNKNOWN',
        `${path}.reject`,
        `${this.who}: ${reason} is not a reason of the built-in policies; with true the rule is the reason.`,
      );
    const { setOrigin } = text;
    return {
      remove:
        text.removeCommunities === undefined
          ? []
          : this.readCommunities(text.removeCommunities, `${path}.removeCommunities`),
      translate,
      add,
      linkFlags: text.linkFlags === true,
      linkOrigin: text.linkOrigin,
      localPref: text.localPref,
      med: text.med,
      origin: setOrigin === undefined ? undefined : ORIGINS[setOrigin],
      prepend: text.prepend ?? 0,
      actionCommunities: text.actionCommunities === true,
      verdict: isReject ? 'reject' : text.accept === true ? 'accept' : undefined,
      reason,
    };
  }
}

const rangeOf = (value: RangeText, limit: number): Range =>
  typeof value === 'number'
    ? { min: value, max: value }
    : { min: value.min ?? 0, max: value.max ?? limit };
