/**
 * What an operator writes under "more options" of a peering, and how its secrets are shown and kept.
 *
 * Not standardized; keys and rules are those of a peering of the configuration file
 * (router-core/router/operator-options.ts). Secrets never leave: a stand-in shows that there is one, and
 * sent back it keeps it.
 *
 * Invariant: the stand-in is no valid secret, so one that stands for nothing is refused.
 *
 * @module
 */
import 'server-only';
import {
  type Finding,
  type OperatorOptions,
  operatorOptionAt,
  readOperatorOptions,
} from '../../../router-core/index.ts';
import { readYaml } from '../../_settings/index.ts';

/** A set of keys, or the YAML text of one; null and the empty text take all of them away. */
export type OptionsInput = string | Readonly<Record<string, unknown>> | null;

/** Outside ASCII, which a key of TCP-AO is not. */
export const HIDDEN_SECRET = '••••••';
const PATH = 'options';

/** Reads options. @param before those in force, whose secrets a stand-in keeps. */
export function readOptions(
  input: OptionsInput,
  before: OperatorOptions,
): { readonly options: OperatorOptions; readonly findings: readonly Finding[] } {
  const read = typeof input === 'string' ? readYaml(input) : { value: input ?? {} };
  if ('problem' in read) {
    const { problem: message } = read;
    return {
      options: {},
      findings: [{ code: 'CONFIG_SYNTAX', path: PATH, message, severity: 'error' }],
    };
  }
  const { options, findings } = readOperatorOptions(read.value, PATH);
  return options === undefined
    ? { options: {}, findings }
    : { options: withKeptSecrets(options, before), findings };
}

/** The same options without secrets. */
export function withHiddenSecrets(options: OperatorOptions): OperatorOptions {
  const { tcpAo } = options;
  if (tcpAo === undefined) return options;
  return { ...options, tcpAo: tcpAo.map((entry) => ({ ...entry, key: HIDDEN_SECRET })) };
}

/** A key is known by the number we send with it; both ends have to agree on another key anyway. */
function withKeptSecrets(options: OperatorOptions, before: OperatorOptions): OperatorOptions {
  const { tcpAo } = options;
  if (tcpAo === undefined) return options;
  return {
    ...options,
    tcpAo: tcpAo.map((entry) => {
      const kept = before.tcpAo?.find(({ sendId }) => sendId === entry.sendId);
      return entry.key === HIDDEN_SECRET && kept !== undefined
        ? { ...entry, key: kept.key }
        : entry;
    }),
  };
}

/** Whoever sets them finds what is wrong with one at the field of all of them. */
export const atOptions = (finding: Finding): Finding =>
  operatorOptionAt(finding.path) === undefined
    ? finding
    : { ...finding, path: `${PATH}.${finding.path}` };

/** The path of a finding as the configuration file has it. */
export const pathInFile = (path: string): string => path.replace(/^options\./, '');

/** A member may not set them, whatever they are. */
export const REFUSED_TO_MEMBERS: Finding = {
  code: 'SESSION_OPTION_INVALID',
  path: PATH,
  message: "Session options are the operator's to set.",
  severity: 'error',
};

/** What a change of a member would break, without saying what the operator has set. */
export const AGAINST_OPTIONS: Finding = {
  code: 'SESSION_OPTION_INVALID',
  path: 'sessions',
  message: 'This does not go with what the operator has set for this peering. Ask the operator.',
  severity: 'error',
};
