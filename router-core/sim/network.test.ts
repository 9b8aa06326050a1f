import { expect, test } from 'vitest';
import { parseEndpoint, type UnderlayAddress } from '../base/endpoint.ts';
import { seededRandom } from '../base/random.ts';
import { instant, wallTime } from '../base/units.ts';
import { createAgenda } from './agenda.ts';
import { type Conditions, createVirtualNetwork } from './network.ts';
import { createUnderlayCapture } from './underlay-capture.ts';

const at = (text: string): UnderlayAddress => {
  const endpoint = parseEndpoint(text);
  if (endpoint?.address === undefined) throw new Error(`no endpoint: ${text}`);
  return { address: endpoint.address, port: endpoint.port };
};
const A = at('192.0.2.1:1');
const B = at('192.0.2.2:2');

function delivered(seed: number, conditions: Partial<Conditions>, count: number): number[] {
  const agenda = createAgenda();
  const network = createVirtualNetwork(agenda, seededRandom(seed));
  network.setConditions(conditions);
  const heard: number[] = [];
  network.bind(B, ({ bytes }) => heard.push(bytes[0] as number));
  for (let i = 0; i < count; i++)
    network.send({ from: A, to: B, bytes: Uint8Array.of(i) }, instant(i));
  agenda.runDue(instant(10_000));
  return heard;
}

test('calm, everything arrives in order', () => {
  expect(delivered(1, {}, 5)).toEqual([0, 1, 2, 3, 4]);
});

test('loss, reordering and duplication come from the seed', () => {
  const bad = { loss: 0.2, jitterMs: 50, duplication: 0.1 };
  const heard = delivered(7, bad, 200);
  expect(heard).toEqual(delivered(7, bad, 200));
  expect(heard).not.toEqual(delivered(8, bad, 200));
  expect(new Set(heard).size).toBeGreaterThan(140);
  expect(new Set(heard).size).toBeLessThan(180);
  expect(heard.length).toBeGreaterThan(new Set(heard).size);
  expect(heard).not.toEqual([...heard].sort((a, b) => a - b));
});

test('one address and port has one listener, and nobody is nobody', () => {
  const agenda = createAgenda();
  const network = createVirtualNetwork(agenda, seededRandom(1));
  const off = network.bind(B, () => undefined);
  expect(network.bind(B, () => undefined)).toBeUndefined();
  off?.();
  network.send({ from: A, to: B, bytes: Uint8Array.of(1) }, instant(0));
  agenda.runDue(instant(100));
  expect(network.counters).toMatchObject({ sent: 1, delivered: 0, unreachable: 1 });
});

test('an agenda runs in order of time, then of adding; what is called off does not run', () => {
  const agenda = createAgenda();
  const ran: string[] = [];
  agenda.add(instant(2), () => ran.push('c'));
  agenda.add(instant(1), () => {
    ran.push('a');
    agenda.add(instant(1), () => ran.push('b'));
  });
  agenda.add(instant(1), () => ran.push('never'))();
  expect(agenda.nextAt()).toBe(1);
  agenda.runDue(instant(1));
  expect(ran).toEqual(['a', 'b']);
  agenda.runDue(instant(5));
  expect(ran).toEqual(['a', 'b', 'c']);
  expect(agenda.nextAt()).toBeUndefined();
});

test('a capture has for each datagram its time, addresses and octets', () => {
  const capture = createUnderlayCapture();
  const head = capture.bytes().length;
  capture.add({ from: A, to: B, bytes: Uint8Array.of(7, 8) }, wallTime(1500.25));
  const [six, seven] = [at('[2001:db8::1]:1'), at('[2001:db8::2]:2')];
  capture.add({ from: six, to: seven, bytes: Uint8Array.of(9) }, wallTime(2000));
  const view = new DataView(capture.bytes().buffer, head);
  expect([view.getUint32(12, true), view.getUint32(16, true)]).toEqual([0, 1_500_250_000]);
  expect(view.getUint32(20, true)).toBe(30);
  expect(view.getUint8(28)).toBe(0x45);
  const second = view.getUint32(4, true);
  expect(view.getUint32(second + 20, true)).toBe(49);
  expect(view.getUint8(second + 28)).toBe(0x60);
});
