/**
 * Streams from strangers: a value or a GobError, in bounded time and memory; and our own, back as they went.
 *
 * `ROOTLESS42_SOAK` multiplies how many are tried (bin/property-setup.ts).
 *
 * @module
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concatBytes, equalBytes, fromHex } from '../../../../base/bytes.ts';
import type { NodeNumber } from '../../../node-number.ts';
import {
  broadcastPeerMessage,
  peerReportMessage,
  pingMessage,
  pongMessage,
  queryPeerMessage,
  registerMessage,
  serverUpdateMessage,
} from '../control-messages.ts';
import { GOB_DEPTH_MAX, GOB_STREAM_BYTES_MAX } from '../limits.ts';
import { GOB_FAULTS, GobError, type GobFault } from './gob-error.ts';
import type { GobMessage } from './gob-message.ts';
import { GobWriter } from './gob-writer.ts';
import { type Definable, TypeDefinitions } from './type-definitions.ts';
import {
  ARRAY_FORM,
  GOB_BOOL,
  GOB_ENCODER_FORM,
  GOB_FLOAT,
  GOB_OCTETS,
  GOB_SIGNED,
  GOB_TEXT,
  GOB_UNSIGNED,
  LAST_RESERVED_TYPE,
  MAP_FORM,
  SLICE_FORM,
  STRUCT_FORM,
} from './wire-types.ts';

const RUNS = 3000 * Number(process.env.ROOTLESS42_SOAK ?? 1);
const MAX = Number.MAX_SAFE_INTEGER;
const FIRST_TYPE = LAST_RESERVED_TYPE + 1;

const nodeNumber = fc.nat(0xffff).map((n) => n as NodeNumber);
const uint32 = fc.nat(0xffff_ffff);
const text = fc.string({ unit: 'binary' });
const octets32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const signed = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(MAX, -MAX, 0, -1, 1));
/** Equality does not tell -0 from 0, and Go does not send it. */
const float = fc.double().map((n) => (n === 0 ? 0 : n));
const ranks = fc.option(
  fc.uniqueArray(fc.tuple(text, float), { selector: ([name]) => name }).map((all) => new Map(all)),
  { nil: undefined },
);
const pong = fc.record({
  requestId: uint32,
  source: nodeNumber,
  destination: nodeNumber,
  latency: float,
  timeToAlive: float,
  additionalCost: float,
});
const zone = fc
  .integer({ min: -30_000, max: 30_000 })
  .chain((minutes) => fc.nat(59).map((rest) => minutes * 60 + (minutes < 0 ? -rest : rest)))
  // A zone of minus one minute cannot be told from UTC; Go refuses to write it.
  .filter((seconds) => Math.trunc(seconds / 60) !== -1);
const time = fc.record(
  {
    unixSeconds: fc.integer({ min: -MAX, max: MAX }),
    nanoseconds: fc.nat(999_999_999),
    zoneSeconds: zone,
  },
  { requiredKeys: ['unixSeconds', 'nanoseconds'] },
);

const codecs = [
  codec(
    'register',
    registerMessage,
    fc.record({
      node: nodeNumber,
      version: text,
      peerStateHash: text,
      nextHopStateHash: text,
      parameterStateHash: text,
      reportSecret: octets32,
      reportCount: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
    }),
  ),
  codec(
    'serverUpdate',
    serverUpdateMessage,
    fc.record({ node: nodeNumber, action: signed, code: signed, text }),
  ),
  codec(
    'ping',
    pingMessage,
    fc.record({ requestId: uint32, source: nodeNumber, time, repliesWanted: signed }),
  ),
  codec('pong', pongMessage, pong),
  codec('queryPeer', queryPeerMessage, fc.record({ requestId: uint32 })),
  codec(
    'broadcastPeer',
    broadcastPeerMessage,
    fc.record({ requestId: uint32, node: nodeNumber, publicKey: octets32, endpoint: text }),
  ),
  codec(
    'peerReport',
    peerReportMessage,
    fc.record({ pongs: fc.array(pong, { maxLength: 5 }), localV4: ranks, localV6: ranks }),
  ),
];
const anyCodec = fc.constantFrom(...codecs);
const anyStream = anyCodec.chain(({ stream }) => stream);

describe('what we write', () => {
  test.each(codecs)('comes back as it went, whatever follows it: $name', ({ roundTrip }) => {
    roundTrip();
  });
});

describe('what strangers write', () => {
  test('any octets are read or refused by name', () => {
    fc.assert(
      fc.property(anyCodec, fc.uint8Array({ maxLength: 300 }), ({ decode }, bytes) => {
        expectRefusedByName(() => decode(bytes));
      }),
      { numRuns: RUNS },
    );
  });

  test('any messages after right definitions are read or refused by name', () => {
    fc.assert(
      fc.property(anyCodec, fc.uint8Array({ maxLength: 120 }), ({ decode, prefix }, content) => {
        const message = new GobWriter();
        message.octets(content);
        expectRefusedByName(() => decode(concatBytes(prefix, message.take())));
      }),
      { numRuns: RUNS },
    );
  });

  test('streams of ours, changed, cut and joined, are read or refused by name', () => {
    const change = fc.record({
      place: fc.nat(),
      octet: fc.nat(255),
      kind: fc.constantFrom('set', 'insert', 'remove', 'cut', 'double'),
    });
    fc.assert(
      fc.property(
        anyCodec,
        anyStream,
        fc.array(change, { minLength: 1, maxLength: 4 }),
        ({ decode }, stream, changes) => {
          const bytes = [...stream];
          for (const { place, octet, kind } of changes) {
            const at = place % (bytes.length + 1);
            if (kind === 'set') bytes[at] = octet;
            else if (kind === 'insert') bytes.splice(at, 0, octet);
            else if (kind === 'remove') bytes.splice(at, 1);
            else if (kind === 'cut') bytes.length = at;
            else bytes.splice(at, 0, ...bytes.slice(at));
          }
          expectRefusedByName(() => decode(Uint8Array.from(bytes)));
        },
      ),
      { numRuns: RUNS },
    );
  });

  test('a stream that ends early is truncated, wherever it does', () => {
    fc.assert(
      fc.property(anyCodec, ({ decode, example }) => {
        for (let end = 0; end < example.length; end++) {
          expect(faultOf(() => decode(example.slice(0, end)))).toBe('truncated');
        }
      }),
      { numRuns: codecs.length * 3 },
    );
  });

  test('fields we do not know are skipped, of whatever type, and ours are found among them', () => {
    fc.assert(
      fc.property(
        uint32,
        fc.array(foreign, { maxLength: 4 }),
        fc.array(foreign, { maxLength: 4 }),
        (requestId, before, after) => {
          const stream = foreignStream(before, requestId, after);
          expect(queryPeerMessage.decode(stream)).toEqual({ requestId });
        },
      ),
    );
  });

  test('values within values end at sixteen', () => {
    const nested = (levels: number) => {
      let value = plain(GOB_UNSIGNED, (writer) => writer.unsigned(1));
      for (let i = 0; i < levels; i++) value = listOf(SLICE_FORM, value, 1);
      return foreignStream([value], 7, []);
    };
    // The struct itself is the first level.
    expect(queryPeerMessage.decode(nested(GOB_DEPTH_MAX - 1))).toEqual({ requestId: 7 });
    expect(faultOf(() => queryPeerMessage.decode(nested(GOB_DEPTH_MAX)))).toBe('too-deep');
    expect(faultOf(() => queryPeerMessage.decode(nested(1000)))).toBe('too-deep');
  });

  test('a type that contains itself costs no more than its octets', () => {
    // As an unknown field; each octet goes a level deeper.
    const loop: Foreign = {
      define: (definitions) =>
        definitions.add(loop, SLICE_FORM, '', [], (writer) => {
          writer.unsigned(1);
          writer.signed(FIRST_TYPE + 1);
        }),
      write: (writer) => {
        for (let i = 0; i < 1000; i++) writer.unsigned(1);
      },
    };
    const stream = foreignStream([loop], 7, []);
    expect(faultOf(() => queryPeerMessage.decode(stream))).toBe('too-deep');
  });

  test('complex numbers and interfaces are no types of ours to skip', () => {
    for (const type of [7, 8]) {
      const stream = foreignStream([plain(type, (writer) => writer.unsigned(1))], 7, []);
      expect(faultOf(() => queryPeerMessage.decode(stream))).toBe('unknown-type');
    }
  });

  test('a count is never more than what is left', () => {
    for (const count of [2 ** 31, 2 ** 48, MAX]) {
      const content = new GobWriter();
      content.signed(65);
      content.unsigned(1);
      content.unsigned(count);
      const message = new GobWriter();
      message.message(content);
      const stream = concatBytes(peerReportMessage.prefix, message.take());
      expect(faultOf(() => peerReportMessage.decode(stream))).toBe('truncated');
    }
  });

  test('the longest stream of the smallest items is read whole, a longer one not at all', () => {
    const content = new GobWriter();
    content.signed(65);
    content.unsigned(1);
    const empty = GOB_STREAM_BYTES_MAX - peerReportMessage.prefix.length - 12;
    content.octets(new Uint8Array(empty));
    content.unsigned(0);
    const message = new GobWriter();
    message.message(content);
    const stream = concatBytes(peerReportMessage.prefix, message.take());
    expect(stream.length).toBeLessThanOrEqual(GOB_STREAM_BYTES_MAX);
    expect(peerReportMessage.decode(stream).pongs).toHaveLength(empty);

    const long = concatBytes(stream, new Uint8Array(GOB_STREAM_BYTES_MAX));
    expect(faultOf(() => peerReportMessage.decode(long))).toBe('too-long');
    expect(peerReportMessage.decode(long, 0, stream.length).pongs).toHaveLength(empty);
  });

  test.each<[GobFault, string, string]>([
    ['bad-number', 'a number of sixteen octets', 'f0'],
    ['truncated', 'nothing', ''],
    ['truncated', 'an empty message', '00'],
    ['bad-definition', 'a definition of nothing', '03ff8100'],
    ['bad-definition', 'a reserved number', '0401030100'],
    ['kind-mismatch', 'a value nobody defined', '03ff8200'],
    ['out-of-range', 'a request of five octets', '@0aff8201fb010000000000'],
    ['unknown-field', 'a field beyond the struct', '@04ff82050100'],
  ])('%s: %s', (fault, _what, hex) => {
    const stream = hex.startsWith('@')
      ? concatBytes(queryPeerMessage.prefix, octetsOf(hex.slice(1)))
      : octetsOf(hex);
    expect(faultOf(() => queryPeerMessage.decode(stream))).toBe(fault);
  });
});

/** A value of a type that only the test has. */
type Foreign = Definable & { write(writer: GobWriter): void };

const plain = (type: number, write: (writer: GobWriter) => void): Foreign => ({
  define: () => type,
  write,
});

/** An array or slice of equal elements. */
function listOf(form: typeof ARRAY_FORM | typeof SLICE_FORM, element: Foreign, count: number) {
  const list: Foreign = {
    define: (definitions) =>
      definitions.add(list, form, 'list', [element], (writer, [number]) => {
        writer.unsigned(1);
        writer.signed(number as number);
        if (form === SLICE_FORM) return;
        writer.unsigned(1);
        writer.signed(count);
      }),
    write(writer) {
      writer.unsigned(count);
      for (let i = 0; i < count; i++) element.write(writer);
    },
  };
  return list;
}

function mapOf(key: Foreign, element: Foreign, count: number) {
  const map: Foreign = {
    define: (definitions) =>
      definitions.add(map, MAP_FORM, 'map', [key, element], (writer, numbers) => {
        for (const number of numbers) {
          writer.unsigned(1);
          writer.signed(number);
        }
      }),
    write(writer) {
      writer.unsigned(count);
      for (let i = 0; i < count; i++) {
        key.write(writer);
        element.write(writer);
      }
    },
  };
  return map;
}

/** A struct whose every field is present. */
function structOf(fields: readonly (readonly [name: string, value: Foreign])[]): Foreign {
  const struct: Foreign = {
    define: (definitions) =>
      definitions.add(
        struct,
        STRUCT_FORM,
        'struct',
        fields.map(([, value]) => value),
        (writer, numbers) => {
          if (fields.length === 0) return;
          writer.unsigned(1);
          writer.unsigned(fields.length);
          fields.forEach(([name], i) => {
            writer.unsigned(1);
            writer.text(name);
            writer.unsigned(1);
            writer.signed(numbers[i] as number);
            writer.unsigned(0);
          });
        },
      ),
    write(writer) {
      for (const [, value] of fields) {
        writer.unsigned(1);
        value.write(writer);
      }
      writer.unsigned(0);
    },
  };
  return struct;
}

/** A type with an encoding of its own, by one of Go's three interfaces. */
function encodedOf(form: number, octets: Uint8Array): Foreign {
  const encoded: Foreign = {
    define: (definitions) => definitions.add(encoded, form, 'encoded', [], () => undefined),
    write: (writer) => writer.octets(octets),
  };
  return encoded;
}

const foreign: fc.Arbitrary<Foreign> = fc.letrec<{ value: Foreign }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.boolean().map((n) => plain(GOB_BOOL, (writer) => writer.unsigned(n ? 1 : 0))),
    signed.map((n) => plain(GOB_SIGNED, (writer) => writer.signed(n))),
    uint32.map((n) => plain(GOB_UNSIGNED, (writer) => writer.unsigned(n))),
    fc.double().map((n) => plain(GOB_FLOAT, (writer) => writer.float64(n))),
    octets32.map((octets) => plain(GOB_OCTETS, (writer) => writer.octets(octets))),
    text.map((value) => plain(GOB_TEXT, (writer) => writer.text(value))),
    fc
      .tuple(fc.integer({ min: GOB_ENCODER_FORM, max: GOB_ENCODER_FORM + 2 }), octets32)
      .map(([form, octets]) => encodedOf(form, octets)),
    fc
      .tuple(fc.constantFrom(ARRAY_FORM, SLICE_FORM), tie('value'), fc.nat(3))
      .map(([form, element, count]) => listOf(form, element, count)),
    fc
      .tuple(tie('value'), tie('value'), fc.nat(3))
      .map(([key, element, count]) => mapOf(key, element, count)),
    fc.array(fc.tuple(text, tie('value')), { maxLength: 3 }).map((fields) => structOf(fields)),
  ),
})).value;

/** A query with other fields before and after ours. */
function foreignStream(
  before: readonly Foreign[],
  requestId: number,
  after: readonly Foreign[],
): Uint8Array {
  const struct = structOf([
    ...before.map((value, i) => [`Before${i}`, value] as const),
    ['Request_ID', plain(GOB_UNSIGNED, (writer) => writer.unsigned(requestId))],
    ...after.map((value, i) => [`After${i}`, value] as const),
  ]);
  const definitions = new TypeDefinitions();
  const content = new GobWriter();
  content.signed(struct.define(definitions));
  struct.write(content);
  const stream = new GobWriter();
  definitions.write(stream);
  stream.message(content);
  return stream.take();
}

function codec<T>(name: string, message: GobMessage<T>, values: fc.Arbitrary<T>) {
  const example = message.encode(fc.sample(values, { numRuns: 1, seed: 1 })[0] as T);
  return {
    name,
    prefix: message.prefix,
    example,
    stream: values.map((value) => message.encode(value)),
    decode: (bytes: Uint8Array): unknown => message.decode(bytes),
    roundTrip: () =>
      fc.assert(
        fc.property(values, fc.uint8Array({ maxLength: 20 }), (value, padding) => {
          const stream = message.encode(value);
          expect(equalBytes(stream.slice(0, message.prefix.length), message.prefix)).toBe(true);
          expect(message.decode(concatBytes(stream, padding))).toEqual(value);
        }),
      ),
  };
}

/** Runs it; what it throws is a GobError, or the test fails. */
function expectRefusedByName(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof GobError)) throw error;
    expect(GOB_FAULTS).toContain(error.fault);
  }
}

function faultOf(decode: () => unknown): GobFault {
  try {
    decode();
  } catch (error) {
    if (error instanceof GobError) return error.fault;
    throw error;
  }
  throw new Error('it was read');
}

function octetsOf(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  if (bytes === undefined) throw new Error(`not hexadecimal: ${hex}`);
  return bytes;
}
