/**
 * The visitor's own machine: keys of the fixtures in a home folder, and the stock programs that sign.
 *
 * What the page shows is run as it stands, by the shell, with this folder as home. The keys are
 * throw-away keys (app/_auth/proofs/fixtures/README.md).
 *
 * @module
 */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Output, run } from '../lab/process.ts';

const FIXTURES = resolve(import.meta.dirname, '../../app/_auth/proofs/fixtures');
export const NAMESPACE = 'rootless42-auth';

export type Home = {
  readonly folder: string;
  /** Runs what the page shows. */
  readonly shell: (command: string, input?: string) => Promise<Output>;
  readonly remove: () => Promise<void>;
};

async function makeHome(): Promise<Home> {
  // Short: gpg-agent's socket lies inside, and its path has a limit of 108 characters.
  const folder = mkdtempSync(join(tmpdir(), 'r42h-'));
  const env = { ...process.env, HOME: folder, GNUPGHOME: join(folder, '.gnupg'), LC_ALL: 'C' };
  return {
    folder,
    shell: (command, input) => run('sh', ['-c', command], { env, input: input ?? '' }),
    remove: async () => {
      await run('gpgconf', ['--kill', 'all'], { env });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A home with an SSH key under the name that `ssh-keygen` gives keys of its type. */
export async function homeWithSshKey(fixture: string, file: string): Promise<Home> {
  const home = await makeHome();
  mkdirSync(join(home.folder, '.ssh'), { mode: 0o700 });
  const key = join(home.folder, '.ssh', file);
  copyFileSync(join(FIXTURES, 'ssh', `${fixture}.TEST-ONLY`), key);
  chmodSync(key, 0o600);
  return home;
}

/** A home whose keyring holds a secret key. */
export async function homeWithPgpKey(fixture: string): Promise<Home> {
  const home = await makeHome();
  mkdirSync(join(home.folder, '.gnupg'), { mode: 0o700 });
  const file = join(FIXTURES, 'pgp', `${fixture}.TEST-ONLY.sec.asc`);
  const { code, stderr } = await home.shell(`gpg --batch --quiet --import '${file}'`);
  if (code !== 0) throw new Error(`gpg --import: ${stderr}`);
  return home;
}

/** Signs a challenge outside of any page, as automation does. */
export async function signBySsh(fixture: string, text: string, namespace = NAMESPACE) {
  const home = await homeWithSshKey(fixture, 'key');
  try {
    const { stdout, stderr } = await home.shell(
      `ssh-keygen -Y sign -n ${namespace} -f ~/.ssh/key`,
      text,
    );
    if (!stdout.includes('BEGIN SSH SIGNATURE')) throw new Error(stderr);
    return stdout;
  } finally {
    await home.remove();
  }
}
