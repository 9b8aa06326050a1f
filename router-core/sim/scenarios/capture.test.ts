/** Captures of inner packets, as an operator starts them while packets cross. */
import { expect } from 'vitest';
import { concatBytes, readUint32LittleEndian } from '../../base/bytes.ts';
import { type InterfaceId, seconds } from '../../base/units.ts';
import { startCapture } from '../../router/door/capture.ts';
import type { CaptureInput } from '../../router/door/contract.ts';
import { type OperatedRouter, peer } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';
import { ask, establish, expectHealthy, routersOf, scenario } from '../testing/scenario.ts';

const IN = 1;
const OUT = 2;

scenario('a forwarded packet is captured in by one tunnel and out by the other', (simulation) => {
  const { alder, basalt, cinder } = chain(simulation);
  const capture = start(simulation, basalt, { seconds: 5 });
  ask(simulation, alder, 'ping', '172.21.131.1', { count: 1 });
  simulation.run(seconds(6));
  expect(capture.isDone()).toBe(true);
  const echoes = packetsOf(capture.bytes()).filter(({ packet }) => isEcho(packet));
  expect(capture.names()).toEqual(['alder', 'cinder']);
  expect(echoes.map(({ tunnel, direction }) => [tunnel, direction])).toEqual([
    [0, IN],
    [1, OUT],
    [1, IN],
    [0, OUT],
  ]);
  const [before, after] = echoes;
  expect(before?.packet[8]).toBe(64);
  expect(after?.packet[8]).toBe(63);
  // On virtual time: basalt forwards at once, cinder answers a round trip of 20 ms later.
  expect(echoes.map(({ at }) => Number((at - (before?.at ?? 0n)) / 1_000_000n))).toEqual([
    0, 0, 20, 20,
  ]);
  expectHealthy(alder, basalt, cinder);
});

scenario('a capture of one peering has no packet of another', (simulation) => {
  const { alder, basalt } = chain(simulation);
  const capture = start(simulation, basalt, { peering: 'cinder', packets: 2 });
  ask(simulation, alder, 'ping', '172.21.130.1', { count: 2 });
  ask(simulation, alder, 'ping', '172.21.131.1', { count: 2 });
  simulation.run(seconds(1));
  expect(capture.isDone()).toBe(true);
  expect(capture.names()).toEqual(['cinder']);
  expect(packetsOf(capture.bytes()).map(({ tunnel }) => tunnel)).toEqual([0, 0]);
});

scenario(
  'whoever follows the taps hears which tunnels are captured, until none is',
  (simulation) => {
    const { basalt, alder } = chain(simulation);
    const heard: number[] = [];
    let tapped: ReadonlySet<InterfaceId> = new Set();
    basalt.simulated.router.captures.onTapsChanged((tunnels) => {
      heard.push(tunnels.size);
      tapped = tunnels;
    });
    start(simulation, basalt, { peering: 'alder', seconds: 1 });
    start(simulation, basalt, { seconds: 2 });
    const { roster } = basalt.simulated.router.engine;
    expect(tapped).toEqual(new Set([...roster.byId.values()].map((one) => one.interface)));
    basalt.remove('alder');
    simulation.run(seconds(3));
    expect(heard).toEqual([1, 2, 1, 0]);
    expect(basalt.simulated.router.engine.tapPoint.tap).toBeUndefined();
    expect(alder.simulated.isUp).toBe(true);
  },
);

scenario('what is asked for wrongly, or too often, is refused with a reason', (simulation) => {
  const { basalt } = chain(simulation);
  const asked = (input: CaptureInput) => () => start(simulation, basalt, input);
  const hostile = { packets: 'many' } as unknown as CaptureInput;
  for (const input of [{ packets: 0 }, { seconds: 3601 }, { snapLength: 1.5 }, hostile])
    expect(asked(input)).toThrow(expect.objectContaining({ code: 'QUERY_INVALID' }));
  expect(asked({ peering: 'nobody' })).toThrow(expect.objectContaining({ code: 'ENTITY_UNKNOWN' }));
  const running = [1, 2, 3, 4].map(() => start(simulation, basalt, {}));
  expect(asked({})).toThrow(expect.objectContaining({ code: 'TOO_MANY' }));
  running[0]?.stop();
  expect(asked({})).not.toThrow();
});

function chain(simulation: Simulation) {
  const routers = routersOf(simulation, 'alder', 'basalt', 'cinder');
  const { alder, basalt, cinder } = routers;
  peer(alder, basalt);
  peer(basalt, cinder);
  establish(simulation, [
    [alder, basalt],
    [basalt, cinder],
  ]);
  simulation.run(seconds(10));
  return routers;
}

/** Starts a capture and takes what there is after every batch. */
function start(simulation: Simulation, router: OperatedRouter, input: CaptureInput) {
  const { simulated } = router;
  const capture = startCapture(simulated.router, input, simulation.now);
  const chunks: Uint8Array[] = [];
  const take = (): void => {
    const bytes = capture.take();
    if (bytes !== undefined) chunks.push(bytes);
  };
  simulated.onSettled(take);
  simulated.touch();
  const bytes = (): Uint8Array => concatBytes(...chunks);
  return {
    bytes,
    names: () => interfaceNames(bytes()),
    isDone: () => capture.isDone,
    stop: () => capture.stop(),
  };
}

function* blocks(file: Uint8Array): Generator<{ type: number; at: number; end: number }> {
  for (let at = 0; at < file.length; ) {
    const end = at + readUint32LittleEndian(file, at + 4);
    yield { type: readUint32LittleEndian(file, at), at, end };
    at = end;
  }
}

/** The first option of each interface block is its name. */
const interfaceNames = (file: Uint8Array): string[] =>
  [...blocks(file)]
    .filter(({ type }) => type === 1)
    .map(({ at }) => {
      const length = readUint32LittleEndian(file, at + 16) >>> 16;
      return String.fromCharCode(...file.subarray(at + 20, at + 20 + length));
    });

const packetsOf = (file: Uint8Array) =>
  [...blocks(file)]
    .filter(({ type }) => type === 6)
    .map(({ at, end }) => ({
      tunnel: readUint32LittleEndian(file, at + 8),
      at:
        (BigInt(readUint32LittleEndian(file, at + 12)) << 32n) |
        BigInt(readUint32LittleEndian(file, at + 16)),
      packet: file.slice(at + 28, at + 28 + readUint32LittleEndian(file, at + 20)),
      direction: readUint32LittleEndian(file, end - 24),
    }));

/** IPv4 with protocol ICMP. */
const isEcho = (packet: Uint8Array): boolean => packet[0] === 0x45 && packet[9] === 1;
