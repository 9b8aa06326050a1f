/**
 * What the log is told when link peers fall silent and return.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { changed, fixtureYaml } from '../config/testing/fixture-files.ts';
import { type LabNode, MeshLab } from './testing/mesh-lab.ts';
import { build, mesh } from './testing/p2p-mesh.ts';

const linesOf = ({ logs }: LabNode) =>
  logs
    .filter(({ message }) => /^a link peer /.test(message))
    .map(({ level, message, fields }) => [level, message, fields.node]);

describe('a link peer of a P2P network', () => {
  test('that falls silent is told of after PeerAliveTimeout, and once again when it is heard', () => {
    const { lab, nodes } = mesh();
    const [first] = nodes as [LabNode];
    lab.runUntil(30);
    expect(linesOf(first)).toEqual([]);
    lab.passes = ({ from, to }) => !from.endsWith('3203') && !to.endsWith('3203');
    // Pings come every 4 s, so it was heard within 4 s; 20 s and the grace of one make it silent.
    lab.runUntil(46);
    expect(linesOf(first)).toEqual([]);
    lab.runUntil(55);
    expect(linesOf(first)).toEqual([['warn', 'a link peer fell silent', 3]]);
    expect(first.logs.find(({ level }) => level === 'warn')?.fields).toMatchObject({
      code: 'MESH_PEER_SILENT',
      endpoint: '127.0.0.1:3203',
      silentSeconds: expect.closeTo(22, -1),
    });
    lab.runUntil(120);
    expect(linesOf(first)).toHaveLength(1);
    lab.passes = () => true;
    lab.runUntil(160);
    expect(linesOf(first)).toEqual([
      ['warn', 'a link peer fell silent', 3],
      ['info', 'a link peer is heard again', 3],
    ]);
  });

  test('that was never heard is missed when the file has it', () => {
    const lab = new MeshLab(2);
    lab.passes = ({ from, to }) => !from.endsWith('3203') && !to.endsWith('3203');
    const nodes = build(lab, {}, []);
    lab.runUntil(15);
    expect(linesOf(nodes[1] as LabNode)).toEqual([]);
    lab.runUntil(100);
    expect(linesOf(nodes[1] as LabNode)).toEqual([['warn', 'a link peer was never heard', 3]]);
    // The first knows of the third by nobody.
    expect(linesOf(nodes[0] as LabNode)).toEqual([]);
  });

  test('whose link goes up and down fills no log, and the last line says how it is', () => {
    const { lab, nodes } = mesh({ PeerAliveTimeout: '2', SendPingInterval: '1' });
    lab.passes = ({ at }) => Math.floor(at / 7_000) % 2 === 0;
    lab.runUntil(3_005);
    const lines = linesOf(nodes[0] as LabNode);
    // Over 200 times up and down for two peers, 850 changes; 32 at once, and one in five seconds.
    expect(lines.length).toBeGreaterThan(32);
    expect(lines.length).toBeLessThanOrEqual(32 + 3_005 / 5);
    lab.passes = () => false;
    lab.runFor(600);
    const last = (node: number) =>
      linesOf(nodes[0] as LabNode).findLast(([, , number]) => number === node);
    expect([last(2)?.[0], last(3)?.[0]]).toEqual(['warn', 'warn']);
  });
});

test('in static mode silence alone says nothing, handshakes without answer do', () => {
  const lab = new MeshLab(5);
  const [first, second] = [1, 2].map((number) =>
    lab.add(
      changed(
        fixtureYaml(`config/static-edge${number}.yaml`).values(),
        'Peers.0.PersistentKeepalive',
        '0',
      ),
    ),
  ) as [LabNode, LabNode];
  const frame = Uint8Array.from({ length: 64 }, (_, i) => (i < 6 ? 0xff : i < 12 ? 2 : i));
  first.sends(frame);
  lab.runUntil(5);
  expect(second.frames).toHaveLength(1);
  lab.runUntil(900);
  expect(first.link(2)?.isAlive).toBe(false);
  expect(linesOf(first)).toEqual([]);
  lab.passes = () => false;
  first.sends(frame);
  lab.runFor(60);
  expect(linesOf(first)).toEqual([['warn', 'a link peer fell silent', 2]]);
});
