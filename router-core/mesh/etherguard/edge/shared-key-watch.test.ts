/**
 * Two machines with one key are told apart from one that moves.
 *
 * @module
 */

import { describe, expect, test } from 'vitest';
import { type Instant, instant } from '../../../base/units.ts';
import { changed } from '../config/testing/fixture-files.ts';
import type { Link } from './links.ts';
import { Outputs } from './outputs.ts';
import { SharedKeyWatch } from './shared-key-watch.ts';
import { type LabNode, MeshLab } from './testing/mesh-lab.ts';
import { build, fileOf } from './testing/p2p-mesh.ts';
import { QUIET } from './testing/quiet.ts';

const linesOf = ({ logs }: LabNode) =>
  logs.filter(({ fields }) => fields.code === 'MESH_KEY_SHARED');

describe('on a network', () => {
  test('a copied file that runs twice is seen within two minutes, and told once', () => {
    const { lab, nodes } = withCopy();
    const first = nodes[0] as LabNode;
    lab.runUntil(120);
    expect(linesOf(first).map(({ level, fields }) => [level, fields.node])).toEqual([['warn', 2]]);
    expect([...(first.link(2)?.sharedKeyEndpoints ?? [])].sort()).toEqual([
      '127.0.0.1:3202',
      '127.0.0.1:3999',
    ]);
    lab.runUntil(600);
    expect(linesOf(first)).toHaveLength(1);
  });

  test('when the copy ends, its link says so no longer than five minutes', () => {
    const { lab, nodes } = withCopy();
    const first = nodes[0] as LabNode;
    lab.runUntil(120);
    lab.passes = ({ from, to }) => !from.endsWith('3999') && !to.endsWith('3999');
    lab.runFor(370);
    expect(first.link(2)).toMatchObject({ isAlive: true });
    expect(first.link(2)?.sharedKeyEndpoints).toBeUndefined();
    expect(linesOf(first)).toHaveLength(1);
  });
});

describe('one that moves', () => {
  const A = '192.0.2.1:1';
  const B = '192.0.2.2:1';
  const C = '192.0.2.3:1';

  test.each<[string, readonly (readonly [seconds: number, endpoint: string])[], boolean]>([
    ['to and fro four times in a minute', every(12, [A, B, A, B, A]), true],
    ['to and fro three times', every(12, [A, B, A, B]), false],
    ['to and fro four times in two minutes', every(30, [A, B, A, B, A]), false],
    ['among three places', every(2, [A, B, C, A, B, C, A, B, C]), false],
    ['nowhere', every(2, [A, A, A, A, A, A]), false],
    [
      'always on',
      every(
        2,
        Array.from({ length: 20 }, (_, i) => `192.0.2.1:${i + 1}`),
      ),
      false,
    ],
  ])('%s', (_name, handshakes, isShared) => {
    const outputs = new Outputs(QUIET);
    const watch = new SharedKeyWatch(outputs);
    const link = { node: 7 } as Link;
    let now: Instant = instant(0);
    for (const [seconds, endpoint] of handshakes) {
      now = instant(seconds * 1000);
      watch.handshakeCompleted(link, endpoint, now);
    }
    expect(watch.endpointsOf(link, now)).toEqual(isShared ? [A, B] : undefined);
    expect(outputs.next() !== undefined).toBe(isShared);
    watch.forget(link);
    expect(watch.endpointsOf(link, now)).toBeUndefined();
  });
});

function every(seconds: number, endpoints: readonly string[]): (readonly [number, string])[] {
  return endpoints.map((endpoint, i) => [i * seconds, endpoint]);
}

/** The network of the recording, and another machine with the file of node 2. */
function withCopy() {
  const lab = new MeshLab(2);
  const nodes = build(lab, {}, []);
  lab.add(changed(fileOf(2), 'ListenPort', '3999'));
  return { lab, nodes };
}
