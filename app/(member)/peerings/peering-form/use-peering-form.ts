'use client';

/**
 * The state of the peering form: values, which fields were left, what is wrong with them.
 *
 * Findings come from the pure rules at once and from POST /peerings/check for what only the server
 * knows (key in use, address of somebody else). A server's finding holds until its field changes.
 */
import { useCallback, useRef, useState } from 'react';
import type { Finding } from '../../../../router-core/index.ts';
import type { FieldNote } from '../../../_components/field.tsx';
import { callRest } from '../../../_components/rest.ts';
import type { NewPeeringView, PeeringCheck } from '../../../_queries/view-models.ts';
import { checkValues, type FormActor, type FormValues, inputOf, isAtField } from './form-values.ts';

/** Paths of fields, as the rules name them. */
const PATH_OF: Record<keyof FormValues, string> = {
  node: 'node',
  publicKey: 'publicKey',
  isWithoutEndpoint: 'endpoint',
  endpoint: 'endpoint',
  presharedKey: 'presharedKey',
  mtu: 'mtu',
  keepalive: 'keepalive',
  disguise: 'obfuscation',
  disguiseKey: 'obfuscation',
  disguiseOptions: 'obfuscation',
  linkLocal: 'linkLocal',
  ipv4: 'addresses.ipv4',
  ipv6: 'addresses.ipv6',
  sessions: 'sessions',
  extendedNextHop: 'extendedNextHop',
  policy: 'policy',
  importLimit: 'importLimit',
  rateLimit: 'rateLimit',
  contact: 'contact',
  remark: 'remark',
  options: 'options',
};

export type PeeringFormState = {
  readonly values: FormValues;
  readonly findings: readonly Finding[];
  readonly errorCount: number;
  /** The server has seen the value of this path and found nothing. */
  readonly isConfirmed: (path: string) => boolean;
  readonly noteOf: (path: string) => FieldNote | undefined;
  readonly change: (part: Partial<FormValues>) => void;
  readonly leave: (path: string) => void;
  /** Shows every finding, also of fields that were never left; returns the errors. */
  readonly showAll: () => readonly Finding[];
  readonly takeServerFindings: (findings: readonly Finding[]) => void;
};

type Options = {
  readonly initial: FormValues;
  readonly view: NewPeeringView;
  readonly actor: FormActor;
  /** When editing, the key and address of this very peering are no conflict. */
  readonly checksOnServer: boolean;
};

export function usePeeringForm({
  initial,
  view,
  actor,
  checksOnServer,
}: Options): PeeringFormState {
  const [values, setValues] = useState(initial);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [fromServer, setFromServer] = useState<readonly Finding[]>([]);
  const [confirmed, setConfirmed] = useState<ReadonlySet<string>>(new Set());
  const asking = useRef<AbortController>(undefined);
  const asn = view.network.asn;
  const node = view.ruleNodes.find(({ name }) => name === values.node);
  const local = checkValues(values, asn, node, actor);
  const isWrongHere = (path: string): boolean => local.some((finding) => finding.path === path);
  const findings = [...local, ...fromServer.filter(({ path }) => !isWrongHere(path))];
  const shown = findings.filter(({ path }) => [...left].some((field) => isAtField(path, field)));

  const change = useCallback((part: Partial<FormValues>): void => {
    const paths = (Object.keys(part) as (keyof FormValues)[]).map((key) => PATH_OF[key]);
    const isTouched = ({ path }: Finding): boolean => paths.some((field) => isAtField(path, field));
    setValues((before) => ({ ...before, ...part }));
    setFromServer((before) => before.filter((finding) => !isTouched(finding)));
    setConfirmed((before) => new Set([...before].filter((path) => !paths.includes(path))));
    setLeft((before) => new Set([...before].filter((path) => !paths.includes(path))));
  }, []);

  const leave = (path: string): void => {
    setLeft((before) => new Set([...before, path]));
    if (checksOnServer && !isWrongHere(path)) askServer(path);
  };

  const askServer = async (path: string): Promise<void> => {
    asking.current?.abort();
    asking.current = new AbortController();
    const answer = await callRest<PeeringCheck>('POST', '/api/v1/peerings/check', {
      body: inputOf(values, asn),
      signal: asking.current.signal,
    });
    // Without an answer the rules of this page stand; creating asks the server anyway.
    if (!answer.isOk) return;
    setFromServer(answer.value.findings);
    if (!answer.value.findings.some((finding) => finding.path === path))
      setConfirmed((before) => new Set([...before, path]));
  };

  return {
    values,
    findings,
    errorCount: new Set(shown.filter(isError).map(({ path }) => path)).size,
    isConfirmed: (path) => confirmed.has(path) && left.has(path),
    noteOf: (path) => {
      const finding = shown.find((each) => isAtField(each.path, path));
      return finding === undefined ? undefined : noteOfFinding(finding);
    },
    change,
    leave,
    showAll: () => {
      setLeft(new Set([...Object.values(PATH_OF), ...fromServer.map(({ path }) => path)]));
      return findings.filter(isError);
    },
    takeServerFindings: (taken) => {
      setFromServer(taken);
      setLeft((before) => new Set([...before, ...taken.map(({ path }) => path)]));
    },
  };
}

const isError = ({ severity }: Finding): boolean => severity === 'error';

const noteOfFinding = ({ severity, message, hint, code }: Finding): FieldNote => ({
  severity,
  message,
  code,
  ...(hint === undefined ? {} : { hint }),
});
