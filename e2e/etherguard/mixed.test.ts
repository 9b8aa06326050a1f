/**
 * Mixed networks: our nodes beside the original's, whose binary the operator names (ROOTLESS42_ETHERGUARD).
 *
 * Run by `npm run interop:etherguard`. Every place of a network is ours or theirs; a network works when each end reaches
 * the other, ARP and ping both ways. Networks of one kind only are left out: ours are tested elsewhere, theirs are theirs.
 *
 *   static   1 (tap) ─ 2 (dummy) ─ 3 (tap)        the table leads over 2
 *   super    1 (tap), 2 (tap), and a supernode
 *   P2P      1 (tap) ─ 2 (tap) ─ 3 (tap)          1 and 3 learn of each other from 2; an original 2 corrupts what it relays, so
 *                                                 only neighbors ping until they have met
 */
import { afterEach, describe, expect, test } from 'vitest';
import { makeWireguardKeys } from '../lab/daemons.ts';
import {
  edgeFile,
  edgePeers,
  type MeshMember,
  meshMembers,
  OURS,
  original,
  type Places,
  reaches,
  type SupernodeKeys,
  startMeshNode,
  superFile,
  superPlaces,
} from '../lab/mesh.ts';
import { type Host, type Lab, startLab } from '../lab/network.ts';
import type { Daemon } from '../lab/process.ts';

const THEIRS = original(process.env.ROOTLESS42_ETHERGUARD ?? '');
/** Pings of a new mesh wait for handshakes, registrations and reports; original nodes take their time. */
const MEET_MS = 60_000;
const SETTLE_MS = 500;
const VIA_2 = { 1: { 2: 2, 3: 2 }, 2: { 1: 1, 3: 3 }, 3: { 1: 2, 2: 2 } };

type Whose = 'ours' | 'theirs';
const programOf = (whose: Whose) => (whose === 'ours' ? OURS : THEIRS);

let lab: Lab | undefined;
const nodes: Daemon[] = [];
afterEach(async ({ task }) => {
  for (const node of nodes.splice(0)) {
    await node.stop();
    if (task.result?.state === 'fail') process.stderr.write(`--- ${node.name}\n${node.output}\n`);
  }
  await lab?.stop();
});

async function members(hosts: readonly string[]): Promise<MeshMember[]> {
  lab = await startLab([...hosts, 'super']);
  return meshMembers(lab, hosts);
}

/** A program that is no node says so by ending; nobody waits a minute for each. */
async function startNode(
  host: Host,
  mode: 'edge' | 'super',
  file: string,
  whose: Whose,
): Promise<void> {
  const node = await startMeshNode(lab as Lab, host, mode, file, programOf(whose));
  nodes.push(node);
  await new Promise((go) => setTimeout(go, SETTLE_MS));
  expect(node.isRunning, node.output).toBe(true);
}

function startEdge(member: MeshMember, whose: Whose, places: Places): Promise<void> {
  return startNode(member.host, 'edge', edgeFile(member, places), whose);
}

describe('static', () => {
  test.each<[Whose, Whose, Whose]>([
    ['ours', 'theirs', 'ours'],
    ['theirs', 'ours', 'theirs'],
    ['ours', 'ours', 'theirs'],
    ['ours', 'theirs', 'theirs'],
  ])('%s – %s as relay – %s', async (...whose) => {
    const all = await members(['one', 'two', 'three']);
    for (const [i, member] of all.entries())
      await startEdge(member, whose[i] as Whose, {
        'Interface.IType': i === 1 ? 'dummy' : 'tap',
        NextHopTable: VIA_2,
        Peers: edgePeers(i === 1 ? all.filter((other) => other !== member) : all.slice(1, 2)),
      });
    await reaches(all[0] as MeshMember, all[2] as MeshMember, MEET_MS);
    await reaches(all[2] as MeshMember, all[0] as MeshMember, MEET_MS);
  });
});

describe('super', () => {
  test.each<[Whose, Whose, Whose]>([
    ['theirs', 'ours', 'theirs'],
    ['theirs', 'ours', 'ours'],
    ['ours', 'theirs', 'theirs'],
    ['ours', 'ours', 'theirs'],
  ])('%s as supernode, %s and %s as edges', async (supernode, ...whose) => {
    const all = await members(['one', 'two']);
    const keys: SupernodeKeys = {
      keys: await makeWireguardKeys(),
      presharedKey: (await makeWireguardKeys()).privateKey,
    };
    const host = (lab as Lab).host('super');
    const file = superFile(`s${process.pid % 100_000}`, keys, all);
    await startNode(host, 'super', file, supernode);
    for (const [i, member] of all.entries())
      await startEdge(member, whose[i] as Whose, {
        ...superPlaces(host, keys),
        'Interface.IType': 'tap',
      });
    await reaches(all[0] as MeshMember, all[1] as MeshMember, MEET_MS);
    await reaches(all[1] as MeshMember, all[0] as MeshMember, MEET_MS);
  });
});

describe('P2P', () => {
  test.each<[Whose, Whose, Whose]>([
    ['theirs', 'ours', 'theirs'],
    ['ours', 'theirs', 'ours'],
    ['ours', 'ours', 'theirs'],
  ])('%s and %s and %s meet', async (...whose) => {
    const all = await members(['one', 'two', 'three']);
    for (const [i, member] of all.entries())
      await startEdge(member, whose[i] as Whose, {
        'Interface.IType': 'tap',
        'DynamicRoute.P2P.UseP2P': true,
        Peers: edgePeers(i === 1 ? [] : all.slice(1, 2)).concat(
          i === 1
            ? edgePeers([all[0], all[2]] as MeshMember[]).map((peer) => ({
                ...peer,
                Static: false,
              }))
            : [],
        ),
      });
    for (const [from, to] of [
      [0, 1],
      [2, 1],
      [0, 2],
      [2, 0],
    ] as const)
      await reaches(all[from] as MeshMember, all[to] as MeshMember, MEET_MS);
  });
});
