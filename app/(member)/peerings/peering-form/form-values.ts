/**
 * The peering form as plain values, and what they become: the rules' request, the REST body, the
 * texts of the preview. Pure; the form itself only draws.
 *
 * Standard: portal specification §4.1.
 *
 * @module
 */
import {
  checkPeeringRequest,
  disguiseOf,
  type Finding,
  firstOfFamily,
  normalizePeering,
  type PeerConfigFile,
  type PeerConfigInput,
  type PeeringPolicy,
  type PeeringRequest,
  parseEndpoint,
  type RuleNode,
  type SessionShape,
  writePeerConfig,
} from '../../../../router-core/index.ts';
import type {
  NewPeeringView,
  Obfuscation,
  PeeringInput,
  PeeringObject,
} from '../../../_queries/view-models.ts';
import { type DisguiseValues, disguiseValuesOf, obfuscationOf } from './disguise-values.ts';

/** As typed; a field is a string until it is checked. */
export type FormValues = DisguiseValues & {
  readonly node: string;
  readonly publicKey: string;
  readonly isWithoutEndpoint: boolean;
  readonly endpoint: string;
  /** Empty: none, or when editing: as it is. */
  readonly presharedKey: string;
  readonly mtu: string;
  readonly keepalive: string;
  readonly linkLocal: string;
  readonly ipv4: string;
  readonly ipv6: string;
  readonly sessions: SessionShape;
  readonly extendedNextHop: boolean;
  readonly policy: PeeringPolicy;
  readonly importLimit: string;
  /** Packets per second; empty: none. Only operators change it. */
  readonly rateLimit: string;
  readonly contact: string;
  readonly remark: string;
  /** YAML of further keys; null: not this form's to decide. */
  readonly options: string | null;
};

export type FormActor = 'visitor' | 'operator';

export const KEEPALIVE_WITHOUT_ENDPOINT = '25';

export function emptyValues(view: NewPeeringView, actor: FormActor): FormValues {
  const { defaults } = view;
  const node = view.nodes.find(({ isOpen }) => isOpen) ?? view.nodes[0];
  return {
    node: node?.name ?? '',
    publicKey: '',
    isWithoutEndpoint: false,
    endpoint: '',
    presharedKey: '',
    mtu: String(defaults.mtu),
    keepalive: '0',
    ...disguiseValuesOf(null, actor === 'operator'),
    linkLocal: defaults.linkLocal,
    ipv4: '',
    ipv6: '',
    sessions: 'mp-bgp',
    extendedNextHop: true,
    policy: defaults.policy,
    importLimit: String(defaults.importLimit),
    rateLimit: '',
    contact: defaults.contact ?? '',
    remark: '',
    options: actor === 'operator' ? '' : null,
  };
}

export const valuesOf = (peering: PeeringObject, actor: FormActor): FormValues => ({
  node: peering.node,
  publicKey: peering.publicKey,
  isWithoutEndpoint: peering.endpoint === null,
  endpoint: peering.endpoint ?? '',
  presharedKey: '',
  mtu: String(peering.mtu),
  keepalive: String(peering.keepalive),
  ...disguiseValuesOf(peering.obfuscation, actor === 'operator'),
  linkLocal: peering.linkLocal,
  ipv4: peering.addresses.ipv4 ?? '',
  ipv6: peering.addresses.ipv6 ?? '',
  sessions: peering.sessionShape,
  extendedNextHop: peering.extendedNextHop,
  policy: peering.policy,
  importLimit: String(peering.importLimit),
  rateLimit: peering.rateLimit === null ? '' : String(peering.rateLimit),
  contact: peering.admin?.contact ?? '',
  remark: peering.admin?.remark ?? '',
  options: actor === 'operator' ? (peering.admin?.optionsText ?? '') : null,
});

/** IPv4 inside the tunnel is needed where IPv4 routes do not travel over IPv6. */
export const needsIpv4Address = (values: FormValues): boolean =>
  values.sessions === 'separate' ||
  values.sessions === 'ipv4-only' ||
  (values.sessions === 'mp-bgp' && !values.extendedNextHop);

/** Without sessions of its own a peering may have dynamic neighbors, which it is for then. */
const mayExtendNextHop = (sessions: SessionShape): boolean =>
  sessions === 'mp-bgp' || sessions === 'none';

export function requestOf(values: FormValues, asn: number): PeeringRequest {
  const ipv4 = values.ipv4.trim();
  const ipv6 = values.ipv6.trim();
  const obfuscation = obfuscationOf(values) ?? undefined;
  return {
    node: values.node,
    asn,
    publicKey: values.publicKey.trim(),
    ...(values.presharedKey.trim() === '' ? {} : { presharedKey: values.presharedKey.trim() }),
    endpoint: values.isWithoutEndpoint ? 'none' : values.endpoint.trim(),
    linkLocal: values.linkLocal.trim(),
    addresses: { ...(ipv4 === '' ? {} : { ipv4 }), ...(ipv6 === '' ? {} : { ipv6 }) },
    sessions: values.sessions,
    extendedNextHop: mayExtendNextHop(values.sessions) && values.extendedNextHop,
    keepalive: numberOf(values.keepalive),
    mtu: numberOf(values.mtu),
    ...(obfuscation === undefined ? {} : { obfuscation }),
    policy: values.policy,
    importLimit: numberOf(values.importLimit),
    ...(values.rateLimit.trim() === '' ? {} : { rateLimit: numberOf(values.rateLimit) }),
    ...(values.contact.trim() === '' ? {} : { contact: values.contact.trim() }),
    ...(values.remark.trim() === '' ? {} : { remark: values.remark.trim() }),
  };
}

/** Body of POST /peerings. */
export const inputOf = (values: FormValues, asn: number): PeeringInput => ({
  node: values.node,
  ...changesOf(values, asn),
});

/** Body of PATCH: a peering stays on its node, and an empty preshared key keeps the old one. */
export function changesOf(values: FormValues, asn: number): Omit<PeeringInput, 'node'> {
  const request = requestOf(values, asn);
  const obfuscation = obfuscationOf(values);
  return {
    publicKey: request.publicKey,
    ...(request.presharedKey === undefined ? {} : { presharedKey: request.presharedKey }),
    addresses: request.addresses ?? {},
    ...(request.contact === undefined ? {} : { contact: request.contact }),
    ...(request.remark === undefined ? {} : { remark: request.remark }),
    linkLocal: values.linkLocal.trim(),
    sessions: values.sessions,
    extendedNextHop: request.extendedNextHop === true,
    keepalive: numberOf(values.keepalive),
    mtu: numberOf(values.mtu),
    ...(obfuscation === undefined ? {} : { obfuscation }),
    policy: values.policy,
    importLimit: numberOf(values.importLimit),
    rateLimit: request.rateLimit ?? null,
    ...(values.options === null ? {} : { options: values.options }),
    endpoint: values.isWithoutEndpoint ? null : values.endpoint.trim(),
  };
}

/** The pure rules, and the one thing they leave to the form: an endpoint is given or ticked away. */
export function checkValues(
  values: FormValues,
  asn: number,
  node: RuleNode | undefined,
  actor: FormActor,
): Finding[] {
  if (node === undefined) return [];
  const findings = checkPeeringRequest(requestOf(values, asn), { node, actor });
  const isForgotten = !values.isWithoutEndpoint && values.endpoint.trim() === '';
  if (isForgotten && !findings.some(({ path }) => path === 'endpoint')) {
    findings.push({
      code: 'ENDPOINT_SYNTAX',
      path: 'endpoint',
      message: 'An endpoint is host:port or [IPv6]:port.',
      hint: 'If you connect to us from behind NAT, tick “none”.',
      severity: 'error',
    });
  }
  return findings;
}

/** What a peering is before the form changes it. */
type Before = Pick<
  PeeringObject,
  'hasPresharedKey' | 'hasPassword' | 'ttlSecurity' | 'disguise' | 'ours' | 'shared'
>;

/** What the other side will paste; values that are wrong are shown as placeholders. */
export function previewOf(
  values: FormValues,
  view: Omit<NewPeeringView, 'ruleNodes'>,
  findings: readonly Finding[],
  before: Before | undefined,
): PeerConfigFile[] {
  const node = view.nodes.find(({ name }) => name === values.node);
  if (node === undefined) return [];
  const wrong = new Set(findings.filter(({ severity }) => severity === 'error').map((f) => f.path));
  const right = normalizePeering(requestOf(values, view.network.asn));
  const port = wrong.has('endpoint') ? undefined : parseEndpoint(right.endpoint ?? '')?.port;
  const { ipv4, ipv6 } = right.addresses;
  // A peering may have a port, an AS number and addresses of its own at our end.
  const ours = before?.ours ?? node.ours;
  const ourIpv4 = firstOfFamily(ours.addresses, 4);
  const ourIpv6 = firstOfFamily(ours.addresses, 6);
  const input: PeerConfigInput = {
    node: node.name,
    we: {
      asn: ours.asn,
      publicKey: ours.publicKey,
      linkLocal: ours.linkLocal,
      ...(ours.endpoint === null ? {} : { endpoint: ours.endpoint }),
      ...(ourIpv4 === undefined ? {} : { ipv4: ourIpv4 }),
      ...(ourIpv6 === undefined ? {} : { ipv6: ourIpv6 }),
    },
    you: {
      asn: view.network.asn,
      linkLocal: wrong.has('linkLocal') ? view.defaults.linkLocal : right.linkLocal,
      prefixes: view.prefixes,
      ...(port === undefined ? {} : { listenPort: port }),
      ...(ipv4 === undefined || wrong.has('addresses.ipv4') ? {} : { ipv4 }),
      ...(ipv6 === undefined || wrong.has('addresses.ipv6') ? {} : { ipv6 }),
    },
    hasPresharedKey: right.presharedKey !== undefined || before?.hasPresharedKey === true,
    // The form has no fields for these: they stay as API, file or "more options" set them.
    hasPassword: before?.hasPassword === true,
    ttlSecurity: before?.ttlSecurity === true,
    shared: before?.shared ?? {},
    sessions: right.sessions,
    families: right.families,
    extendedNextHop: right.extendedNextHop,
    keepalive: wrong.has('keepalive') ? 0 : right.keepalive,
    ...disguiseOf(
      {
        obfuscation: disguiseInPreview(values, view, wrong, before),
        mtu: wrong.has('mtu') ? view.defaults.mtu : right.mtu,
      },
      NO_PORT,
    ),
  };
  const wants = ourIpv4 === undefined || ipv4 === undefined ? needsIpv4Address(values) : false;
  const bird = wants ? [] : writePeerConfig('bird2', input).filter(({ part }) => part === 'peer');
  return [...writePeerConfig('wg-quick', input), ...bird];
}

/** Every peering of the preview says itself how it is disguised. */
const NO_PORT = { port: 0 };

function disguiseInPreview(
  values: FormValues,
  { portDisguises }: Pick<NewPeeringView, 'portDisguises'>,
  wrong: ReadonlySet<string>,
  before: Before | undefined,
): Obfuscation {
  const wished = obfuscationOf(values);
  const ofPort = before?.disguise.ofPort ?? portDisguises[values.node] ?? { kind: 'none' };
  const isWrong = [...wrong].some((path) => isAtField(path, 'obfuscation'));
  if (wished === undefined || isWrong) return before?.disguise.obfuscation ?? ofPort;
  return wished ?? ofPort;
}

/** Whether a finding belongs to a field: its path is the field's, or that of a part of its value. */
export const isAtField = (path: string, field: string): boolean =>
  path === field || path.startsWith(`${field}.`);

/** Changes that restart the tunnel or the session; the form says so before saving. */
export function restartsSession(before: FormValues, after: FormValues): boolean {
  const keys = [
    'publicKey',
    'presharedKey',
    'mtu',
    'linkLocal',
    'ipv4',
    'ipv6',
    'sessions',
    'extendedNextHop',
    'disguise',
    'disguiseKey',
    'disguiseOptions',
  ] as const;
  return keys.some((key) => before[key] !== after[key]);
}

/** What is no whole number becomes -1, which every rule refuses. */
const numberOf = (text: string): number => (/^[0-9]{1,8}$/.test(text.trim()) ? Number(text) : -1);
