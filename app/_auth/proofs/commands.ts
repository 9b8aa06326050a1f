/**
 * The commands a person runs to sign a challenge, ready to paste, per shell.
 *
 * Not standardized; portal specification §3.3 and §3.5. People run these texts: only a challenge of
 * our own making and values of fixed alphabets are put in.
 *
 * @module
 */
import type { SshKeyType, UsablePgpMethod, UsableSshMethod } from '../../../router-core/index.ts';
import { parseChallenge } from './challenge.ts';

/** Never `dn42`, `git` or `file`: a signature made for one must be worthless for the other. */
export const SSH_NAMESPACE = 'rootless42-auth';

export const SHELLS = ['sh', 'fish', 'powershell', 'cmd'] as const;
export type Shell = (typeof SHELLS)[number];

export type ProofCommand = {
  readonly shell: Shell;
  /** Prints the signature. */
  readonly sign: string;
  /** Prints the public key, where the registry has only its fingerprint. */
  readonly exportKey?: string;
};

const KEY_FILES: Record<SshKeyType, string> = {
  'ssh-ed25519': 'id_ed25519',
  'ssh-rsa': 'id_rsa',
  'ecdsa-sha2-nistp256': 'id_ecdsa',
  'ecdsa-sha2-nistp384': 'id_ecdsa',
  'ecdsa-sha2-nistp521': 'id_ecdsa',
  'sk-ssh-ed25519@openssh.com': 'id_ed25519_sk',
  'sk-ecdsa-sha2-nistp256@openssh.com': 'id_ecdsa_sk',
};

/** Returns one command per shell, in the order of `SHELLS`. */
export function proofCommands(
  method: UsableSshMethod | UsablePgpMethod,
  challenge: string,
): readonly ProofCommand[] {
  if (parseChallenge(challenge) === undefined)
    throw new Error('the challenge is not of our making');
  if (method.kind === 'ssh') {
    const file = KEY_FILES[method.keyType];
    return SHELLS.map((shell) => ({ shell, sign: sshCommand(shell, challenge, file) }));
  }
  if (!/^[0-9A-F]{40}$/.test(method.fingerprint)) throw new Error('the fingerprint is malformed');
  const signing = `gpg --clearsign -u ${method.fingerprint}`;
  return SHELLS.map((shell) => ({
    shell,
    sign: piped(shell, challenge, signing),
    ...(method.keyFrom === 'ask-user'
      ? { exportKey: `gpg --armor --export ${method.fingerprint}` }
      : {}),
  }));
}

function sshCommand(shell: Shell, challenge: string, file: string): string {
  const path = {
    sh: `~/.ssh/${file}`,
    fish: `~/.ssh/${file}`,
    powershell: `"$HOME\\.ssh\\${file}"`,
    cmd: `"%USERPROFILE%\\.ssh\\${file}"`,
  }[shell];
  return piped(shell, challenge, `ssh-keygen -Y sign -n ${SSH_NAMESPACE} -f ${path}`);
}

function piped(shell: Shell, challenge: string, program: string): string {
  switch (shell) {
    case 'sh':
    case 'fish':
      return `printf '%s' '${challenge}' | ${program}`;
    case 'powershell':
      return `'${challenge}' | ${program}`;
    case 'cmd':
      // No space before the bar: cmd would print it, and it would be signed.
      return `echo ${challenge}| ${program}`;
  }
}
