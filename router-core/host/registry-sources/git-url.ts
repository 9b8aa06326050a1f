/**
 * Addresses of git repositories that may be fetched: https and ssh, nothing else.
 *
 * Standard: gitrevisions and git-clone(1), "GIT URLS"; among the others are `ext::`, which runs a
 * program, and `file:`, which reads this machine.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import { formatIpAddress, type IpAddress } from '../../base/ip-address.ts';
import { printable } from '../../base/printable.ts';

export type GitUrl = {
  readonly text: string;
  readonly protocol: 'https' | 'ssh' | 'file';
  /** Without brackets; empty for `file`. */
  readonly host: string;
  readonly port: number;
};

/** `git@git.dn42.dev:dn42/registry.git` */
const SCP_LIKE =
  /^(?:[A-Za-z0-9._][A-Za-z0-9._-]*@)?([A-Za-z0-9][A-Za-z0-9.-]*):(?!\/\/)[^-\s][^\s]*$/;
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/;
const PORTS = { https: 443, ssh: 22, file: 0 } as const;

/** @throws RouterError `SETTING_INVALID` for other protocols and malformed addresses */
export function parseGitUrl(text: string, testProtocols: readonly 'file'[] = []): GitUrl {
  const refuse = (why: string): never => {
    throw new RouterError(
      'SETTING_INVALID',
      `The registry address ${withoutSecrets(text)} ${why}.`,
      {
        path: 'registry.git',
        hint: 'Use https://host/path or ssh://git@host/path.',
      },
    );
  };
  if (text.length > 1000 || /[^\x21-\x7e]/.test(text)) return refuse('is too long or has spaces');
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    const host = text.includes('::') ? undefined : SCP_LIKE.exec(text)?.[1];
    if (host === undefined) return refuse('is no https or ssh address');
    return { text, protocol: 'ssh', host, port: PORTS.ssh };
  }
  if (scheme !== 'https' && scheme !== 'ssh' && scheme !== 'file')
    return refuse('is no https or ssh address');
  if (scheme === 'file')
    return testProtocols.includes('file')
      ? { text, protocol: 'file', host: '', port: 0 }
      : refuse('is no https or ssh address');
  if (!URL.canParse(text)) return refuse('is malformed');
  const url = new URL(text);
  if (!HOST.test(url.hostname) || url.username.startsWith('-')) return refuse('is malformed');
  return {
    text,
    protocol: scheme,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? PORTS[scheme] : Number(url.port),
  };
}

/** Returns the text without user names and passwords of addresses, for messages. */
export const withoutSecrets = (text: string): string =>
  printable(text.replace(/\/\/[^/@\s]*@/g, '//'), 500);

/** Returns git's settings that make it connect to one address whatever the name resolves to. */
export function pinAddress(
  url: GitUrl,
  address: IpAddress,
): { config: readonly string[]; sshOptions: readonly string[] } {
  const text = formatIpAddress(address);
  if (url.protocol === 'ssh')
    return { config: [], sshOptions: [`HostName=${text}`, `HostKeyAlias=${url.host}`] };
  const literal = address.family === 6 ? `[${text}]` : text;
  return { config: [`http.curloptResolve=${url.host}:${url.port}:${literal}`], sshOptions: [] };
}
