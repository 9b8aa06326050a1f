import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSegment, Segment } from './segment.ts';
import { createScript, type Script } from './testing/scripted-peer.ts';

test('any octets are a segment or a reason, never an exception', () => {
  const segment = new Segment();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (octets) => {
      const reason = parseSegment(segment, octets, 0, octets.length);
      if (reason !== undefined) return;
      expect(segment.dataStart).toBeLessThanOrEqual(segment.dataEnd);
      expect(segment.sackCount).toBeLessThanOrEqual(4);
    }),
    { numRuns: 2000 },
  );
});

const near = fc.oneof(
  fc.integer({ min: -20, max: 4000 }),
  fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
);
const anySegment = fc.record({
  flags: fc.subarray(['F', 'S', 'R', 'P', 'A', 'U']).map((letters) => letters.join('')),
  seq: near,
  ack: near,
  window: fc.integer({ min: 0, max: 0xffff }),
  data: fc.integer({ min: 0, max: 1400 }),
});
const anyOptions = fc.record(
  {
    mss: fc.integer({ min: 0, max: 0xffff }),
    scale: fc.integer({ min: 0, max: 255 }),
    sackPermitted: fc.boolean(),
    ts: fc.tuple(
      fc.integer({ min: 0, max: 0xffff_ffff }),
      fc.integer({ min: 0, max: 0xffff_ffff }),
    ),
    sack: fc.array(fc.tuple(near, near), { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const anyStep = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(anySegment, anyOptions).map(([a, b]) => ({ ...a, ...b })) },
  { weight: 1, arbitrary: fc.constant('write' as const) },
  { weight: 1, arbitrary: fc.constant('read' as const) },
  { weight: 1, arbitrary: fc.constant('wait' as const) },
  { weight: 1, arbitrary: fc.constant('close' as const) },
);

test.each(['passive', 'active', 'listening'] as const)('a mad peer breaks nothing: %s', (kind) => {
  fc.assert(
    fc.property(
      fc.array(anyStep, { maxLength: 60 }),
      fc.record({ sackPermitted: fc.boolean(), hasTs: fc.boolean() }),
      (steps, { sackPermitted, hasTs }) => {
        const script = createScript({ receiveBufferBytes: 5000, sendBufferBytes: 5000 });
        const ts = hasTs ? { ts: [100, 0] as const } : {};
        if (kind === 'listening') script.stack.listen(179);
        const connection =
          kind === 'passive'
            ? script.accept({ sackPermitted, ...ts })
            : kind === 'active'
              ? script.connect()
              : undefined;
        script.peer.hears();
        for (const step of steps) play(script, connection, step);
        expect(script.arena.free()).toBe(script.arena.slots);
        // Answers are at most as many as what was said, and what was written.
        expect(script.peer.hears().length).toBeLessThan(steps.length * 40 + 100);
        script.stack.abortInterface(script.link, script.now());
        expect(script.timerQueue.armed()).toBe(0);
        const ends = script.kinds().filter((name) => name.startsWith('closed'));
        expect(ends.length).toBeLessThanOrEqual(kind === 'listening' ? 60 : 1 + 60);
      },
    ),
    { numRuns: 400 },
  );
});

type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

function play(script: Script, connection: ReturnType<Script['connect']> | undefined, step: Step) {
  if (typeof step !== 'string') {
    script.peer.sends(step);
    return;
  }
  if (step === 'wait') script.passMs(700);
  if (connection === undefined) return;
  if (step === 'write') script.write(connection, 3000);
  else if (step === 'read') script.read(connection);
  else if (step === 'close') script.stack.close(connection, script.now());
}
