/** MRT files of simulated nodes, as an operator asks for them through the door. */
import { expect } from 'vitest';
import { concatBytes } from '../../base/bytes.ts';
import { seconds } from '../../base/units.ts';
import { RecordDecoder, RecordReader, Replay, recordWords } from '../../bgp/index.ts';
import type { MrtInput } from '../../router/door/contract.ts';
import { startMrt } from '../../router/door/mrt.ts';
import { type OperatedRouter, peer } from '../operated-router.ts';
import type { Simulation } from '../simulation.ts';
import { establish, routersOf, scenario } from '../testing/scenario.ts';

scenario('a table and a recording tell the same of a neighbor', (simulation) => {
  const { alder, basalt } = pairOf(simulation);
  const table = words(simulation, basalt, { what: 'table', policy: 'after' });
  const before = words(simulation, basalt, { what: 'table', policy: 'before' });
  const recorded = words(simulation, basalt, { what: 'messages', peering: 'alder' });
  const announced = recorded.filter((line) => / from .*UPDATE announces 172/.test(line));
  const prefix = announced[0]?.match(/announces (\S+)/)?.[1]?.replace(';', '') ?? 'none';
  expect(table.filter((line) => line.includes(` ${prefix} `))).toHaveLength(1);
  expect(before.filter((line) => line.includes(` ${prefix} `))).toHaveLength(1);
  // Both dialled at once: the connection that was given up is recorded as well.
  for (const direction of ['to', 'from'])
    expect(
      recorded.some((line) => line.includes(` ${direction} `) && line.includes(': OPEN ')),
    ).toBe(true);
  expect(recorded.some((line) => line.includes('openconfirm -> established'))).toBe(true);
  expect([...table, ...before, ...recorded].join()).not.toMatch(/damaged|malformed/);
  expect(alder.simulated.isUp).toBe(true);
});

scenario('what cannot be written is refused with a reason', (simulation) => {
  const { basalt } = pairOf(simulation);
  const asked = (input: MrtInput) => () => words(simulation, basalt, input);
  expect(asked({ what: 'messages', peering: 'nobody' })).toThrow(
    expect.objectContaining({ code: 'ENTITY_UNKNOWN' }),
  );
  for (const hostile of [
    {},
    { what: 'table' },
    { what: 'messages' },
    { what: 'table', policy: 'x' },
  ])
    expect(asked(hostile as MrtInput)).toThrow(expect.objectContaining({ code: 'QUERY_INVALID' }));
});

function pairOf(simulation: Simulation) {
  const routers = routersOf(simulation, 'alder', 'basalt');
  peer(routers.alder, routers.basalt);
  establish(simulation, [[routers.alder, routers.basalt]]);
  simulation.run(seconds(10));
  return routers;
}

function words(simulation: Simulation, router: OperatedRouter, input: MrtInput): string[] {
  const file = startMrt(router.simulated.router, input, simulation.now);
  const parts: Uint8Array[] = [];
  while (!file.isDone) parts.push(file.take() ?? new Uint8Array(0));
  const decoder = new RecordDecoder();
  const replay = new Replay();
  const reader = new RecordReader();
  const lines = [...reader.push(concatBytes(...parts))].map((raw) =>
    recordWords(raw.kind === 'raw' ? decoder.decode(raw) : raw, replay),
  );
  expect([...reader.end()]).toEqual([]);
  return lines;
}
