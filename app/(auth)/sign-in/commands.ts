/**
 * The commands that sign a challenge, per shell.
 *
 * Standard: portal specification §3.3 and §3.5. The challenge is printable ASCII without quotes or
 * shell metacharacters, so quoting it needs no escaping. PowerShell and cmd add CR LF, which the
 * verifier accepts.
 *
 * @module
 */
import type { ProofMethod } from '../../_queries/view-models.ts';

export const SHELLS = ['sh', 'fish', 'powershell', 'cmd'] as const;
export type Shell = (typeof SHELLS)[number];

const NAMESPACE = 'rootless42-auth';

export function signCommand(method: ProofMethod, shell: Shell, text: string): string {
  return method.method === 'ssh'
    ? sshCommand(shell, text, method.keyFile ?? 'id_ed25519')
    : pgpCommand(shell, text, method.fingerprint ?? '');
}

/** Prints the public key that the registry knows only by its fingerprint. */
export const exportCommand = (method: ProofMethod): string =>
  `gpg --armor --export ${method.fingerprint ?? ''}`;

function sshCommand(shell: Shell, text: string, keyFile: string): string {
  const sign = `ssh-keygen -Y sign -n ${NAMESPACE} -f`;
  switch (shell) {
    case 'sh':
    case 'fish':
      return `printf '%s' '${text}' | ${sign} ~/.ssh/${keyFile}`;
    case 'powershell':
      return `'${text}' | ${sign} "$HOME\\.ssh\\${keyFile}"`;
    case 'cmd':
      return `echo ${text}| ${sign} "%USERPROFILE%\\.ssh\\${keyFile}"`;
  }
}

function pgpCommand(shell: Shell, text: string, fingerprint: string): string {
  const sign = `gpg --clearsign -u ${fingerprint}`;
  switch (shell) {
    case 'sh':
    case 'fish':
      return `echo '${text}' | ${sign}`;
    case 'powershell':
      return `'${text}' | ${sign}`;
    case 'cmd':
      return `echo ${text}| ${sign}`;
  }
}
