/** One cache on virtual time: RFC 8210 §6 to §8, §12. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../../../base/bytes.ts';
import { formatIpPrefix } from '../../../base/ip-address.ts';
import { createTimerQueue } from '../../../base/timer-queue.ts';
import { type Instant, instant } from '../../../base/units.ts';
import { RtrClient } from './rtr-client.ts';

const MOSS = '172.20.16.0/24 26 4242420001';
const FERN = '172.20.17.0/24 24 4242420002';
const PREFIXES: Readonly<Record<string, string>> = {
  [MOSS]: '181a00ac141000fcde3121',
  [FERN]: '181800ac141100fcde3122',
};
const hex = (n: number, octets: number): string => n.toString(16).padStart(octets * 2, '0');

/** PDUs of a cache. */
const response = (session = 1, version = 1): string =>
  `${hex(version, 1)}03${hex(session, 2)}00000008`;
const prefix = (roa: string, isAnnounced = true, version = 1): string =>
  `${hex(version, 1)}04000000000014${isAnnounced ? '01' : '00'}${PREFIXES[roa]}`;
const endOfData = (serial: number, session = 1, times = [3600, 600, 7200]): string =>
  `0107${hex(session, 2)}00000018${hex(serial, 4)}${times.map((n) => hex(n, 4)).join('')}`;
const endOfData0 = (serial: number, session = 1): string =>
  `0007${hex(session, 2)}0000000c${hex(serial, 4)}`;
const notify = (serial: number, session = 1): string =>
  `0100${hex(session, 2)}0000000c${hex(serial, 4)}`;
const errorReport = (code: number, version = 1): string =>
  `${hex(version, 1)}0a${hex(code, 2)}000000100000000000000000`;
const CACHE_RESET = '0108000000000008';
const RESET_QUERY = '0102000000000008';
const serialQuery = (serial: number, session = 1): string =>
  `0101${hex(session, 2)}0000000c${hex(serial, 4)}`;

function scriptedCache() {
  const timerQueue = createTimerQueue();
  let now: Instant = instant(0);
  const client = new RtrClient(timerQueue, now);
  const said: string[] = [];
  const take = (): void => {
    for (let output = client.nextOutput(); output !== undefined; output = client.nextOutput()) {
      if (output.kind === 'send') said.push(toHex(output.octets));
      else said.push(output.kind === 'trouble' ? output.message : output.kind);
    }
  };
  return {
    client,
    timerQueue,
    /** What came out since it was asked last. */
    heard(): string[] {
      take();
      return said.splice(0);
    },
    open(): void {
      client.opened(now);
    },
    close(): void {
      client.closed('reset', now);
    },
    says(...pdus: string[]): void {
      client.receive(fromHex(pdus.join('')) as Uint8Array, now);
    },
    pass(seconds: number): void {
      const end = instant(now + seconds * 1000);
      for (;;) {
        const deadline = timerQueue.nextDeadline();
        if (deadline === undefined || deadline > end) break;
        now = deadline;
        timerQueue.runDue(now);
      }
      now = end;
    },
    table: (): string[] | undefined =>
      client
        .roas()
        ?.map((roa) => `${formatIpPrefix(roa.prefix)} ${roa.maxLength} ${roa.asn}`)
        .sort(),
  };
}

/** A cache whose table was read: MOSS, at serial 7 of session 1. */
function synchronized() {
  const cache = scriptedCache();
  cache.open();
  cache.says(response(), prefix(MOSS), endOfData(7));
  expect(cache.heard()).toEqual(['connect', RESET_QUERY, 'table']);
  expect(cache.table()).toEqual([MOSS]);
  return cache;
}

test('a reset query brings the whole table, at End of Data and not before (§8.1)', () => {
  const cache = scriptedCache();
  cache.open();
  cache.says(response(), prefix(MOSS));
  expect(cache.table()).toBeUndefined();
  cache.says(prefix(FERN), endOfData(7));
  expect(cache.table()).toEqual([MOSS, FERN]);
  expect(cache.client.view()).toMatchObject({
    state: 'synchronized',
    version: 1,
    session: 1,
    serial: 7,
  });
});

test('after the refresh interval, or a notify, changes are asked for (§8.2)', () => {
  const cache = synchronized();
  cache.pass(3599);
  expect(cache.heard()).toEqual([]);
  cache.pass(2);
  expect(cache.heard()).toEqual([serialQuery(7)]);
  cache.says(response(), prefix(FERN), prefix(MOSS, false), endOfData(8));
  expect(cache.heard()).toEqual(['table']);
  expect(cache.table()).toEqual([FERN]);
  cache.says(notify(8));
  expect(cache.heard()).toEqual([]);
  cache.says(notify(9));
  expect(cache.heard()).toEqual([serialQuery(8)]);
  cache.says(response(), endOfData(9));
  expect(cache.heard(), 'nothing changed').toEqual([]);
});

test('a notify during an answer is not lost', () => {
  const cache = synchronized();
  cache.says(notify(8));
  cache.says(response(), notify(9), endOfData(8));
  expect(cache.heard()).toEqual([serialQuery(7), serialQuery(8)]);
});

test('a cache that cannot tell the changes is asked for everything (§8.3)', () => {
  const cache = synchronized();
  cache.says(notify(8), CACHE_RESET);
  expect(cache.heard()).toEqual([serialQuery(7), RESET_QUERY]);
  expect(cache.table(), 'until then the old table').toEqual([MOSS]);
  cache.says(response(2), prefix(FERN), endOfData(1, 2));
  expect(cache.table()).toEqual([FERN]);
});

test('a notify of another session asks for everything (§5.1)', () => {
  const cache = synchronized();
  cache.says(notify(1, 2));
  expect(cache.heard()).toEqual([RESET_QUERY]);
});

test('an answer for another session than asked ends the connection', () => {
  const cache = synchronized();
  cache.says(notify(8), response(2));
  expect(cache.heard()).toEqual([
    serialQuery(7),
    'disconnect',
    'the cache answered for another session',
  ]);
  cache.pass(5);
  cache.open();
  expect(cache.heard()).toEqual(['connect', RESET_QUERY]);
});

test('an answer that breaks off changes nothing, and the changes are asked for again', () => {
  const cache = synchronized();
  cache.says(notify(8), response(), prefix(FERN));
  cache.close();
  expect(cache.table()).toEqual([MOSS]);
  cache.pass(5);
  cache.open();
  expect(cache.heard().slice(-2)).toEqual(['connect', serialQuery(7)]);
});

test('a cache that hangs up when asked for changes is asked for everything next', () => {
  const cache = synchronized();
  cache.says(notify(8));
  cache.close();
  expect(cache.table()).toEqual([MOSS]);
  cache.pass(5);
  cache.open();
  expect(cache.heard().slice(-2)).toEqual(['connect', RESET_QUERY]);
});

test.each([
  ['a record twice', [response(), prefix(MOSS)], 7],
  ['a withdrawal of nothing', [response(), prefix(FERN, false)], 6],
  ['a record outside an answer', [prefix(FERN)], 0],
  ['End of Data outside an answer', [endOfData(8)], 0],
  ['End of Data of another session', [response(), endOfData(8, 2)], 0],
  ['a PDU of another version', ['0003000100000008'], 8],
  ['a PDU nobody knows', ['010b000000000008'], 5],
])('%s: an Error Report, then the end (§12)', (_, pdus, code) => {
  const cache = synchronized();
  cache.says(notify(8));
  cache.heard();
  cache.says(...pdus);
  const [report, end] = cache.heard();
  expect(report?.slice(0, 8)).toBe(`010a${hex(code, 2)}`);
  expect(end).toBe('disconnect');
  expect(cache.table(), 'fail static').toEqual([MOSS]);
  cache.says(response(), prefix(FERN), endOfData(8));
  expect(cache.table(), 'what comes after the end').toEqual([MOSS]);
  cache.pass(5);
  cache.open();
  expect(cache.heard().at(-1)).toBe(RESET_QUERY);
});

test('error 4 in version 0: again at once, in version 0 (§7)', () => {
  const cache = scriptedCache();
  cache.open();
  cache.says(errorReport(4, 0));
  expect(cache.heard()).toEqual(['connect', RESET_QUERY, 'disconnect', 'connect']);
  cache.open();
  expect(cache.heard()).toEqual(['0002000000000008']);
  cache.says(response(1, 0), prefix(MOSS, true, 0), endOfData0(3));
  expect(cache.table()).toEqual([MOSS]);
  expect(cache.client.view()).toMatchObject({ version: 0, serial: 3 });
  cache.pass(3601);
  expect(cache.heard().at(-1), 'RFC 6810 has no intervals: the defaults').toBe(
    '000100010000000c00000003',
  );
});

test('a cache that answers in version 0 is spoken to in version 0 (§7)', () => {
  const cache = scriptedCache();
  cache.open();
  cache.says(response(1, 0), prefix(MOSS, true, 0), endOfData0(3));
  expect(cache.table()).toEqual([MOSS]);
  expect(cache.client.view().version).toBe(0);
});

test('no data yet: the query again after the retry interval, on the same connection (§12)', () => {
  const cache = scriptedCache();
  cache.open();
  cache.says(errorReport(2));
  expect(cache.heard().at(-1)).toBe('the cache says: no data available');
  cache.pass(599);
  expect(cache.heard()).toEqual([]);
  cache.pass(2);
  expect(cache.heard()).toEqual([RESET_QUERY]);
});

test('who does not connect is tried again after 5, 10, 20 … s, at most the retry interval', () => {
  const cache = scriptedCache();
  const waits: number[] = [];
  for (let i = 0; i < 9; i++) {
    cache.close();
    cache.heard();
    let waited = 0;
    while (!cache.heard().includes('connect')) {
      cache.pass(1);
      waited++;
    }
    waits.push(waited);
  }
  expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600]);
});

test('a silent cache is left after a minute', () => {
  const cache = scriptedCache();
  cache.open();
  cache.says(response());
  cache.pass(59);
  cache.says(prefix(MOSS));
  cache.pass(59);
  expect(cache.heard()).not.toContain('disconnect');
  cache.pass(2);
  expect(cache.heard()).toContain('the cache is silent');
});

test('a table expires, is kept, and lives again with the next End of Data (§6)', () => {
  const cache = synchronized();
  cache.close();
  cache.heard();
  cache.pass(7200);
  expect(cache.heard()).toContain('table');
  expect(cache.client.view().isExpired).toBe(true);
  expect(cache.table()).toEqual([MOSS]);
  while (!cache.heard().includes('connect')) cache.pass(1);
  cache.open();
  cache.says(response(), endOfData(7));
  expect(cache.client.view().isExpired).toBe(false);
  expect(cache.heard()).toContain('table');
});

test('intervals outside the bounds are moved inside (§6)', () => {
  const cache = scriptedCache();
  cache.open();
  cache.says(response(), endOfData(7, 1, [0, 0, 1]));
  cache.pass(2);
  expect(cache.heard()).toContain(serialQuery(7));
  expect(cache.client.view().isExpired).toBe(false);
});

test('octets may come in any portions', () => {
  const whole = [response(), prefix(MOSS), prefix(FERN), endOfData(7)].join('');
  for (let size = 1; size < 40; size++) {
    const cache = scriptedCache();
    cache.open();
    for (let i = 0; i < whole.length; i += 2 * size) cache.says(whole.slice(i, i + 2 * size));
    expect(cache.table()).toEqual([MOSS, FERN]);
  }
});

test('after stop no timer is armed', () => {
  const cache = synchronized();
  cache.client.stop();
  expect(cache.timerQueue.armed()).toBe(0);
});

test('whatever a cache says, nothing is thrown, and a timer or a connection is always there', () => {
  const pdus = fc.constantFrom(
    response(),
    response(2),
    prefix(MOSS),
    prefix(FERN),
    prefix(MOSS, false),
    endOfData(8),
    endOfData0(8),
    notify(9),
    CACHE_RESET,
    errorReport(2),
    errorReport(4, 0),
    errorReport(1),
    '010b00',
  );
  const act = fc.oneof(pdus, fc.constantFrom('open', 'close', 'wait'));
  fc.assert(
    fc.property(fc.array(act, { maxLength: 30 }), (acts) => {
      const cache = scriptedCache();
      for (const what of acts) {
        if (what === 'open') cache.open();
        else if (what === 'close') cache.close();
        else if (what === 'wait') cache.pass(700);
        else cache.says(what);
        cache.heard();
        expect(cache.timerQueue.armed()).toBeGreaterThan(0);
      }
    }),
  );
});
