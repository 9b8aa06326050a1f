/**
 * A real BIRD lets routes flap, and our node lists them with their neighbor and their paths (T22).
 *
 * One route comes and goes with its protocol; another is there all the time, by one path or by a longer one.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectToNode } from '../../router-core/cli/running-node.ts';
import { eventually } from '../lab/process.ts';
import { type Pair, startPair } from './pair.ts';

const BOUNCING = '172.21.129.32/27';
const SWITCHING = '172.21.129.64/27';
const QUIET = '172.21.129.96/27';
/** AS path of each route while its protocol is on and while it is off; absent: there is no route. */
const BOUNCES = { protocol: 'bouncing', prefix: BOUNCING, on: '4242426001', off: undefined };
const SWITCHES = {
  protocol: 'longer',
  prefix: SWITCHING,
  on: '4242426001 4242426001',
  off: '4242426001',
};
const PATIENCE_MS = 20_000;
let pair: Pair;

beforeAll(async () => {
  pair = await startPair({
    peering: { policy: 'accept-all' },
    sessions: `
protocol static quiet { ipv4 { import all; export none; }; route ${QUIET} reject; route ${SWITCHING} reject; }
protocol static bouncing { ipv4 { import all; export none; }; route ${BOUNCING} reject; }
protocol static longer { ipv4 { preference 210; import all; export none; }; route ${SWITCHING} reject; }
protocol bgp tokyo from peers {
  neighbor fe80::6000%'DEVICE' as 4242426000;
  ipv4 { export filter { if source = RTS_STATIC then { if proto = "longer" then bgp_path.prepend(4242426001); accept; } reject; }; };
}`,
  });
  await pair.bird.established('tokyo');
  await pair.router.reaches('every route', (now) => now.tables.ipv4.prefixes >= 5);
});
afterAll(() => pair?.stop());

/** Switches a protocol off and on. Each change is taken before the next: BIRD sends one UPDATE for two. */
async function toggle(
  { protocol, prefix, on, off }: typeof BOUNCES | typeof SWITCHES,
  times: number,
): Promise<void> {
  for (let i = 0; i < times; i++) {
    await pair.bird.ask(i % 2 === 0 ? 'disable' : 'enable', protocol);
    const wanted = i % 2 === 0 ? off : on;
    await eventually(
      `${prefix} by ${wanted ?? 'nobody'}`,
      () => pathTo(prefix),
      (path) => path === wanted,
      PATIENCE_MS,
      20,
    );
  }
}

/** AS path of our best route of this prefix. */
async function pathTo(prefix: string): Promise<string | undefined> {
  const client = await connectToNode(pair.router.folder);
  try {
    const query = { name: 'route', argument: prefix, options: {} } as const;
    for await (const row of client.query(query)) {
      const route = row as { prefix?: string; attributes?: { asPathText: string } };
      if (route.prefix === prefix) return route.attributes?.asPathText;
    }
    return undefined;
  } finally {
    await client.close();
  }
}

type Row = {
  readonly kind: string;
  readonly prefix?: string;
  readonly flapping?: number;
  readonly neighbors?: readonly {
    readonly name: string;
    readonly changes: number;
    readonly isWithdrawn: boolean;
  }[];
  readonly paths?: readonly { readonly asPathText: string; readonly times: number }[];
};
const flaps = async (...more: string[]): Promise<Row[]> =>
  (await pair.router.cli('lg', 'flaps', ...more, '--json'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row);

test('a session that loads its routes makes no flap, nor does one that is restarted', async () => {
  for (let i = 0; i < 3; i++) {
    await pair.bird.ask('restart', 'tokyo');
    await pair.bird.established('tokyo');
  }
  await pair.router.reaches('every route', (now) => now.tables.ipv4.prefixes >= 5);
  expect(await pair.router.cli('lg', 'flaps')).toBe(
    'no prefix flaps: more than 30 changes by one neighbor within 5 minutes\n',
  );
});

test('30 changes are none too many, one more is, with the neighbor and how often', async () => {
  await toggle(BOUNCES, 30);
  expect(await flaps()).toMatchObject([{ kind: 'summary', flapping: 0 }]);
  await toggle(BOUNCES, 1);
  const rows = await eventually(
    'the flap',
    () => flaps(),
    (all) => all.length === 2,
  );
  expect(rows[1]).toMatchObject({
    kind: 'flap',
    prefix: BOUNCING,
    neighbors: [{ name: expect.stringMatching(/^alder/), changes: 31, isWithdrawn: true }],
    paths: [{ asPathText: '4242426001', times: 8 }],
  });
});

test('a route that changes its path flaps by both paths, without a withdrawal', async () => {
  await toggle(SWITCHES, 32);
  const [, row] = await flaps(SWITCHING);
  expect(row).toMatchObject({
    neighbors: [{ changes: 32, isWithdrawn: false }],
    // From the 16th change on, which was back to the longer one.
    paths: [
      { asPathText: '4242426001 4242426001', times: 9 },
      { asPathText: '4242426001', times: 8 },
    ],
  });
  const text = await pair.router.cli('lg', 'flaps');
  expect(text).toMatch(/^2 prefixes flap: more than 30 changes by one neighbor within 5 minutes\n/);
  expect(text).not.toContain(QUIET);
});
