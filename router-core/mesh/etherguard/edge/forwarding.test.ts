/**
 * Static mode: frames through a chain of edges, against a recording of real nodes.
 *
 * @module
 */
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../../../base/bytes.ts';
import { formatEndpoint, type UnderlayAddress } from '../../../base/endpoint.ts';
import session from '../../switch/fixtures/session-static.json' with { type: 'json' };
import { changed, fixtureYaml } from '../config/testing/fixture-files.ts';
import { meshDestination, meshSource } from '../wire/index.ts';
import { type LabNode, MeshLab, type Sent } from './testing/mesh-lab.ts';

const configOf = (node: number) => fixtureYaml(`config/static-edge${node}.yaml`).values();
const RECORDED_DIGITS = 112;
/** Ethernet broadcast of node 1 in the recording. */
const HELLO = octets('ffffffffffff0242ac10000188b568656c6c6f2062726f616463617374');

describe('a static chain of three', () => {
  test('sends the frames real nodes sent, with their TTL and to whom they did', () => {
    const { lab, nodes } = chain();
    lab.runUntil(5);
    // Frames that entered at a node are those with the full TTL, without the padding.
    for (const event of session) {
      lab.runUntil(event.ms / 1000);
      if (event.ttl === 200) nodeOf(nodes, event.node).sends(octets(begin(event.frame)));
      lab.runFor(0.0005);
    }
    lab.runFor(1);
    const sent = lab.packets().map((packet) => factsOf(nodes, packet));
    const recorded = session.map(({ node, to, ttl, destination, source, frame }) => ({
      node,
      to,
      ttl,
      destination,
      source,
      frame: begin(frame),
    }));
    expect(sent).toEqual(recorded);
    for (const node of nodes) node.expectNoLeak();
  });

  test('a broadcast comes to each of the others once, padded and otherwise as it was', () => {
    const { lab, nodes } = chain();
    lab.runUntil(5);
    nodeOf(nodes, 1).sends(HELLO);
    lab.runFor(1);
    expect(nodes.map((node) => node.frames.map(({ frame }) => toHex(frame.slice(0, 29))))).toEqual([
      [],
      [toHex(HELLO)],
      [toHex(HELLO)],
    ]);
    expect(nodeOf(nodes, 2).frames[0]?.frame).toHaveLength(44);
  });

  test('a TTL of 1 ends at the relay', () => {
    const { lab, nodes } = chain({ 1: [['DefaultTTL', '1']], 2: [], 3: [] });
    lab.runUntil(5);
    nodeOf(nodes, 1).sends(HELLO);
    lab.runFor(1);
    // The relay may still hand it to node 3, with 0; what node 3 got would go no further.
    expect(lab.packets().map(({ ttl }) => ttl)).toEqual([1, 0]);
  });

  test('nothing is measured aloud: no pings and no pongs', () => {
    const { lab } = chain();
    lab.runUntil(60);
    expect(lab.packets()).toEqual([]);
  });

  test('a relayed frame is counted where it goes', () => {
    const { lab, nodes } = chain();
    lab.runUntil(5);
    nodeOf(nodes, 1).sends(HELLO);
    lab.runFor(1);
    expect(nodeOf(nodes, 2).link(3)).toMatchObject({ relayedFrames: 1, relayedBytes: 44 });
    expect(nodeOf(nodes, 2).link(1)).toMatchObject({ relayedFrames: 0 });
  });

  test('frames of twelve octets and what has no way are counted drops', () => {
    const { lab, nodes } = chain({ 1: [['NextHopTable', {}]], 2: [], 3: [] });
    const first = nodeOf(nodes, 1);
    lab.runUntil(5);
    first.sends(new Uint8Array(12));
    first.sends(HELLO);
    expect(first.edge.drops.truncated).toBe(1);
    expect(lab.packets()).toEqual([]);
    first.expectNoLeak();
  });

  test('an edge follows another table and another peer list', () => {
    const { lab, nodes } = chain();
    const first = nodeOf(nodes, 1);
    lab.runUntil(5);
    first.configure(changed(configOf(1), 'Peers', []));
    expect(first.link(2)).toBeUndefined();
    first.sends(HELLO);
    expect(lab.packets()).toEqual([]);
    first.configure(configOf(1));
    lab.runFor(10);
    first.sends(HELLO);
    lab.runFor(1);
    expect(nodeOf(nodes, 3).frames).toHaveLength(1);
  });
});

describe('endpoints', () => {
  test('a name without an address is asked for again', () => {
    const { lab, first, second } = named();
    lab.runUntil(20);
    expect(first.logs.map(({ fields }) => fields.code)).toContain('ENDPOINT_UNRESOLVED');
    first.names.set('two.example', '127.0.0.1');
    lab.runUntil(40);
    expect(first.link(2)?.hasKeyPair).toBe(true);
    expect(second.link(1)?.hasKeyPair).toBe(true);
  });

  test('a static peer that is silent is looked up again, one that roamed stays where it was heard', () => {
    const { lab, first } = named();
    first.names.set('two.example', '192.0.2.66');
    lab.runUntil(20);
    expect(formatEndpoint(first.link(2)?.endpoint as UnderlayAddress)).toBe('127.0.0.1:3302');
    lab.passes = () => false;
    lab.runUntil(120);
    expect(formatEndpoint(first.link(2)?.endpoint as UnderlayAddress)).toBe('192.0.2.66:3302');
  });
});

/** Node 1 knows node 2 by a name. */
function named() {
  const lab = new MeshLab(1);
  const values = changed(configOf(1), 'Peers.0.EndPoint', 'two.example:3302');
  const first = lab.add(changed(values, 'ResetEndPointInterval', '60'));
  const second = lab.add(configOf(2));
  return { lab, first, second };
}

type Change = readonly [path: string, value: unknown];

function chain(changes: Record<number, readonly Change[]> = { 1: [], 2: [], 3: [] }) {
  const lab = new MeshLab(1);
  lab.delay = () => 0.1;
  const nodes = [1, 2, 3].map((number) => {
    let values = configOf(number);
    for (const [path, value] of changes[number] ?? []) values = changed(values, path, value);
    return lab.add(values);
  });
  return { lab, nodes };
}

function nodeOf(nodes: readonly LabNode[], number: number): LabNode {
  const node = nodes[number - 1];
  if (node === undefined) throw new Error(`node ${number}`);
  return node;
}

function factsOf(nodes: readonly LabNode[], { from, to, ttl, content }: Sent) {
  const numberAt = (address: string) => nodes.find((node) => node.address === address)?.edge.node;
  return {
    node: numberAt(from),
    to: numberAt(to),
    ttl,
    destination: meshDestination(content, 0),
    source: meshSource(content, 0),
    frame: begin(toHex(content.slice(4))),
  };
}

/** The recording cuts long frames; zeroes at the end are padding. */
function begin(frame: string): string {
  return frame.slice(0, RECORDED_DIGITS).replace(/(00)+$/, '');
}

function octets(hex: string): Uint8Array {
  return fromHex(hex) as Uint8Array;
}
