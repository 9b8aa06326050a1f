/**
 * The texts we give to visitors, read by the programs they are for: BIRD 2, FRR, wg-quick.
 *
 * Every shape of a peering, base and peer together, unchanged except for where the files lie and the
 * private keys. No daemon is started: each program only checks.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type PeerConfigFormat,
  type PeerConfigInput,
  PRESHARED_KEY_PLACEHOLDER,
  PRIVATE_KEY_PLACEHOLDER,
  writePeerConfig,
} from '../../router-core/index.ts';
import { PEER_CONFIG_INPUTS } from '../../router-core/router/peer-config/testing/inputs.ts';
import { makeWireguardKeys } from '../lab/daemons.ts';
import { run } from '../lab/process.ts';

const SHAPES = Object.entries(PEER_CONFIG_INPUTS);
const BGPD = '/usr/lib/frr/bgpd';
const isThere = (program: string): boolean =>
  ['/usr/bin', '/usr/sbin', '/bin', '/sbin'].some((folder) => existsSync(join(folder, program)));

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'r42-texts-'));
  // FRR's programs read as the user frr.
  chmodSync(folder, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes base and peer of a format one after the other into one file, as a visitor pastes them. */
function paste(shape: string, format: PeerConfigFormat, input: PeerConfigInput): string {
  mkdirSync(join(folder, shape), { recursive: true });
  const file = join(folder, shape, `${format}.conf`);
  const texts = writePeerConfig(format, input).map(({ text }) => text);
  writeFileSync(file, texts.join('\n'));
  return file;
}

test.skipIf(!isThere('bird')).each(SHAPES)(
  'BIRD 2 loads base and peer: %s',
  async (shape, input) => {
    const answer = await run('bird', ['-p', '-c', paste(shape, 'bird2', input)]);
    expect(answer).toEqual({ code: 0, stdout: '', stderr: '' });
  },
);

test.skipIf(!existsSync(BGPD)).each(SHAPES)('FRR takes base and peer: %s', async (shape, input) => {
  const file = paste(shape, 'frr', input);
  const vtysh = await run('vtysh', ['--dryrun', '--inputfile', file]);
  expect(vtysh).toMatchObject({ code: 0, stderr: '' });
  // vtysh knows the words, bgpd knows whether they fit together and in this order.
  const bgpd = await run(BGPD, ['--dryrun', '--config_file', file, '--skip_runas']);
  // Its exit code is 0 whatever it read. A killed bgpd that had its number may have left its crash log.
  const complaints = bgpd.stderr.split('\n').filter((line) => !/frr\/bgpd|crashlog/.test(line));
  expect({ ...bgpd, stderr: complaints.join('\n') }).toEqual({ code: 0, stdout: '', stderr: '' });
});

test.skipIf(!isThere('wg-quick')).each(SHAPES)(
  'wg-quick takes the text: %s',
  async (shape, input) => {
    const { privateKey } = await makeWireguardKeys();
    const [written] = writePeerConfig('wg-quick', input);
    const file = join(folder, shape, basename(written?.path ?? ''));
    mkdirSync(dirname(file), { recursive: true });
    const text = (written?.text ?? '')
      .replace(PRIVATE_KEY_PLACEHOLDER, privateKey)
      .replace(PRESHARED_KEY_PLACEHOLDER, privateKey)
      // `strip` resolves nothing; a name of documentation would only cost time.
      .replace('node.example.net', '203.0.113.1');
    writeFileSync(file, text, { mode: 0o600 });
    const answer = await run('wg-quick', ['strip', file]);
    expect(answer.code, answer.stderr).toBe(0);
    expect(answer.stdout).toContain(`PublicKey = ${input.we.publicKey}`);
    // What remains goes to the kernel as it stands: nothing of wg-quick's own may be left.
    expect(answer.stdout).not.toMatch(/^(PostUp|Table|MTU)\b/m);
  },
);
