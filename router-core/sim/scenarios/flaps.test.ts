/** A network that comes and goes is listed, by whose word and with its paths, and told in the log. */
import { expect } from 'vitest';
import { seconds } from '../../base/units.ts';
import { textOfRow } from '../../router/door/queries/index.ts';
import { peer } from '../operated-router.ts';
import { ask, establish, expectHealthy, routersOf, scenario } from '../testing/scenario.ts';

const PREFIX = '172.21.130.0/27';

scenario(
  'a prefix that changes 31 times in five minutes is listed until it is quiet (T22)',
  (simulation) => {
    const { operator, alder, basalt } = routersOf(simulation, 'operator', 'alder', 'basalt');
    peer(operator, alder);
    peer(operator, basalt);
    peer(alder, basalt);
    establish(simulation, [
      [operator, alder],
      [operator, basalt],
      [alder, basalt],
    ]);
    simulation.run(seconds(5));
    expect(ask(simulation, operator, 'flaps', '')).toEqual([
      { kind: 'summary', changes: 30, minutes: 5, isFull: false, flapping: 0 },
    ]);

    const lines: string[] = [];
    operator.simulated.onEvent((event) => {
      if (event.kind === 'log')
        lines.push(`${event.level} ${event.message} ${event.fields.prefix}`);
    });
    for (let i = 0; i < 16; i++) {
      basalt.setNode({ announce: [] });
      simulation.run(seconds(5));
      basalt.setNode({ announce: [PREFIX] });
      simulation.run(seconds(5));
    }
    const rows = ask(simulation, operator, 'flaps', '');
    expect(rows).toMatchObject([
      { kind: 'summary', flapping: 1 },
      {
        kind: 'flap',
        prefix: PREFIX,
        family: 'ipv4',
        neighbors: [
          { name: expect.stringMatching(/^(alder|basalt)/), isFlapping: true },
          { name: expect.stringMatching(/^(alder|basalt)/), isFlapping: true },
        ],
      },
    ]);
    const text = rows.map((row) => textOfRow('flaps', row)).join('\n');
    expect(text).toMatch(
      /^1 prefix flaps: more than 30 changes by one neighbor within 5 minutes\n172/,
    );
    expect(text).toMatch(
      /\n {4}by basalt\S* +AS4242426002 {2}3[0-9] changes, 3[0-9] in all, last 20/,
    );
    expect(text).toMatch(/\n {4}path 4242426002 {2}\d+ times, first 20\S+, last 20\S+ from basalt/);
    expect(text).toMatch(/\n {4}path 4242426001 4242426002 {2}\d+ times/);
    expect(ask(simulation, operator, 'flaps', '172.21.130.9')).toHaveLength(2);
    expect(ask(simulation, operator, 'flaps', PREFIX)).toHaveLength(2);
    expect(ask(simulation, operator, 'flaps', '172.21.130.0/28')).toHaveLength(1);
    expect(() => ask(simulation, operator, 'flaps', 'often')).toThrow(
      expect.objectContaining({ code: 'QUERY_INVALID' }),
    );

    simulation.run(seconds(331));
    expect(ask(simulation, operator, 'flaps', '')).toMatchObject([{ flapping: 0 }]);
    expect(lines).toEqual([
      `warn a prefix flaps ${PREFIX}`,
      `info a prefix has calmed down ${PREFIX}`,
    ]);
    expectHealthy(operator, alder, basalt);
  },
);
