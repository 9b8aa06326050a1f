/** Virtual routers of the file: kept with their peerings, handed to the router, and shown to nobody else. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readVisibleVrfs } from '../../_queries/looking-glass.ts';
import { getNewPeeringView } from '../../_queries/peerings.ts';
import { readPeering, readPeeringConfig } from '../../_queries/read-peerings.ts';
import { GET as lookingGlass } from '../../api/v1/lg/[nodes]/[query]/route.ts';
import {
  ALDER,
  NODE_FILE,
  newKey,
  OPERATOR,
  startTestPortal,
  type TestPortal,
} from '../testing/test-portal.ts';
import { editPeering } from './edit.ts';
import { requestPeering } from './request.ts';

const TOKEN = 'operator-token-of-the-test';
const FILE = `${NODE_FILE}
vrfs:
  lab: { addresses: [10.77.0.1, "fd77::1"], announce: [10.77.0.0/24] }
  guests: { addresses: [172.21.128.1], public: true }
peerings:
  - { name: alder, asn: 4242426001, publicKey: "${newKey()}", addresses: { ipv4: 172.21.129.1 } }
  - { name: bench, asn: 4242426001, publicKey: "${newKey()}", addresses: { ipv4: 172.21.129.1 }, vrf: lab }
routes:
  - { prefix: 10.78.0.0/24, via: bench }
`;

let at: TestPortal;
beforeEach(async () => {
  at = await startTestPortal({ file: FILE, operatorToken: TOKEN });
});
afterEach(() => at.end());

const named = (name: string) => at.router.config()?.peerings.find((p) => p.name === name);
const idOf = (name: string) => named(name)?.id ?? '';

test('a file with virtual routers is kept and comes to the router as it does without a portal', () => {
  expect(at.router.config()?.vrfs).toEqual({
    lab: { addresses: ['10.77.0.1', 'fd77::1'], announce: ['10.77.0.0/24'] },
    guests: { addresses: ['172.21.128.1'], announce: [], public: true },
  });
  expect(named('alder')?.vrf).toBeUndefined();
  expect(named('bench')?.vrf).toBe('lab');
  expect(at.router.config()?.routes).toEqual([{ prefix: '10.78.0.0/24', via: 'bench' }]);
});

test('the operator sees and changes it among the further options; a name the file lacks is refused', async () => {
  const shown = await readPeering(at.portal, OPERATOR, idOf('bench'));
  expect(shown?.admin?.optionsText).toBe('vrf: lab');
  const edit = (options: string) =>
    editPeering({ ctx: at.as(OPERATOR), id: idOf('bench'), input: { options } });
  await expect(edit('vrf: nowhere')).rejects.toMatchObject({
    errors: [{ code: 'VRF_UNKNOWN', path: 'options.vrf' }],
  });
  await edit('vrf: guests');
  expect(named('bench')?.vrf).toBe('guests');
});

test('an address is used once in each of them, and may be ours in another one', async () => {
  const request = (options: string, ipv4: string) =>
    requestPeering({
      ctx: at.as(OPERATOR),
      input: { asn: 4242426002, publicKey: newKey(), addresses: { ipv4 }, options },
    });
  await expect(request('vrf: lab', '172.21.129.1')).rejects.toMatchObject({
    errors: [{ code: 'ADDRESS_CONFLICT', path: 'addresses.ipv4' }],
  });
  await expect(request('', '172.21.128.1')).rejects.toMatchObject({
    errors: [{ code: 'ADDRESS_CONFLICT', path: 'addresses.ipv4' }],
  });
  await request('vrf: lab', '172.21.128.1');
});

test('its owner edits the rest, is given our addresses there, and reads of no virtual router', async () => {
  await editPeering({ ctx: at.as(ALDER), id: idOf('bench'), input: { keepalive: 20 } });
  expect(named('bench')).toMatchObject({ keepalive: 20, vrf: 'lab' });
  const owned = await readPeering(at.portal, ALDER, idOf('bench'));
  expect(owned?.ours.addresses).toEqual(['10.77.0.1', 'fd77::1']);
  const [wg] = (await readPeeringConfig(at.portal, ALDER, idOf('bench'), 'wg-quick')) ?? [];
  expect(wg?.text).toContain('172.21.129.1/32 peer 10.77.0.1/32');
  expect(JSON.stringify(owned)).not.toMatch(/vrf|lab/);
});

test('the form judges an edit by our addresses and prefixes there, as the server does', async () => {
  const ruleNodesOf = async (name?: string) => {
    const view = await getNewPeeringView(
      { kind: 'operator', loginId: '', name: 'margaret', role: 'owner' },
      name === undefined ? undefined : idOf(name),
    );
    return view.ruleNodes.map(({ addresses, announce }) => ({ addresses, announce }));
  };
  const ofDefault = {
    addresses: ['172.21.128.1', 'fdb0:6000:100::1'],
    announce: ['172.21.128.0/27', 'fdb0:6000:100::/48'],
  };
  expect(await ruleNodesOf()).toEqual([ofDefault]);
  expect(await ruleNodesOf('alder')).toEqual([ofDefault]);
  expect(await ruleNodesOf('bench')).toEqual([
    { addresses: ['10.77.0.1', 'fd77::1'], announce: ['10.77.0.0/24'] },
  ]);
});

test('the looking glass is the default one’s; others are for operators, or open by the file', async () => {
  const visible = (actor: typeof OPERATOR) => readVisibleVrfs(at.portal, actor, 'tokyo');
  expect(await visible(OPERATOR)).toEqual(['guests', 'lab']);
  expect(await visible(ALDER)).toEqual(['guests']);
  expect(await visible({ kind: 'visitor' })).toEqual(['guests']);

  const ask = async (query: string, token?: string) => {
    const host = { host: 'localhost', 'x-rootless42-local-address': '127.0.0.1' };
    const headers = token === undefined ? host : { ...host, authorization: `Bearer ${token}` };
    const answer = await lookingGlass(
      new Request(`http://localhost/api/v1/lg/tokyo/${query}`, { headers }),
      { params: Promise.resolve({ nodes: 'tokyo', query: query.split('?')[0] ?? '' }) },
    );
    return { status: answer.status, code: (await answer.json()).results?.[0]?.code };
  };
  expect(await ask('summary')).toEqual({ status: 200, code: undefined });
  expect(at.router.questions.at(-1)?.options.vrf).toBe('default');
  await ask('summary?vrf=guests');
  expect(at.router.questions.at(-1)?.options.vrf).toBe('guests');

  await ask('summary?vrf=default');
  expect(at.router.questions.at(-1)?.options.vrf).toBe('default');

  const asked = at.router.questions.length;
  // A variable of a script that is not set asks for no other virtual router than was meant.
  expect(await ask('summary?vrf=')).toEqual({ status: 400, code: 'QUERY_INVALID' });
  expect((await ask('why?vrf=', TOKEN)).status).toBe(400);
  // One that is not for the asker looks like one that is not there.
  for (const name of ['lab', 'nowhere']) {
    expect(await ask(`summary?vrf=${name}`)).toEqual({ status: 404, code: 'VRF_UNKNOWN' });
    expect((await ask(`why?vrf=${name}`)).status).toBe(404);
  }
  expect(at.router.questions).toHaveLength(asked);
  expect(await ask('summary?vrf=lab', TOKEN)).toEqual({ status: 200, code: undefined });
  expect(at.router.questions.at(-1)?.options.vrf).toBe('lab');
});
