import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { ProofMethod } from '../../_queries/view-models.ts';
import { exportCommand, SHELLS, signCommand } from './commands.ts';

const TEXT =
  'rootless42-v1 portal=peer.example asn=4242426001 purpose=login nonce=k5x3q7m2v9d4t8p6w1z0c5r7yn exp=1767226200';
const SSH: ProofMethod = {
  id: 'ssh:ALDER-MNT:0',
  method: 'ssh',
  maintainer: 'ALDER-MNT',
  keyType: 'ssh-ed25519',
  keyHint: '…RLw8N',
  fingerprint: null,
  keyFile: 'id_ed25519',
  needsPublicKey: false,
};
const PGP: ProofMethod = { ...SSH, method: 'pgp', fingerprint: 'A'.repeat(40), keyFile: null };

test('every shell gets the whole text, the namespace and the file of the registered key', () => {
  for (const shell of SHELLS) {
    const command = signCommand(SSH, shell, TEXT);
    expect(command).toContain(TEXT);
    expect(command).toContain('-Y sign -n rootless42-auth -f');
    expect(command).toContain('id_ed25519');
    expect(command).not.toContain('\n');
  }
});

test('sh prints exactly the challenge into the signing program', () => {
  const [print = ''] = signCommand(SSH, 'sh', TEXT).split(' | ');
  expect(execFileSync('sh', ['-c', print], { encoding: 'utf8' })).toBe(TEXT);
});

test('cmd has no space before the bar, because echo would print it', () => {
  expect(signCommand(SSH, 'cmd', TEXT)).toContain(`${TEXT}| ssh-keygen`);
});

test('PGP names the full fingerprint', () => {
  expect(signCommand(PGP, 'sh', TEXT)).toBe(
    `echo '${TEXT}' | gpg --clearsign -u ${'A'.repeat(40)}`,
  );
  expect(exportCommand(PGP)).toBe(`gpg --armor --export ${'A'.repeat(40)}`);
});
