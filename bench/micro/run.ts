/**
 * `node bin/bench.mjs micro`: single parts in memory, without root.
 *
 * @module
 */
import { compare, describeMachine, type Report } from '../lab/results.ts';
import { AEAD_ANCHOR, benchAead } from './aead.ts';
import { benchHandshakes, HANDSHAKE_ANCHOR } from './handshake.ts';
import { benchKeepalive } from './keepalive.ts';
import { benchNetstack } from './netstack.ts';
import { benchUnderlay, UNDERLAY_ANCHOR } from './underlay.ts';

export async function runMicro(log: (line: string) => void): Promise<Report> {
  const machine = describeMachine();
  log('AEAD …');
  const aead = benchAead();
  log('handshakes …');
  const handshakes = benchHandshakes();
  log('1,000 peers for an hour of virtual time …');
  const keepalive = benchKeepalive();
  log('netstack …');
  const netstack = benchNetstack();
  log('underlay …');
  const runs = [...aead, ...handshakes, keepalive, ...netstack, ...(await benchUnderlay())];
  const tests = [...new Set(runs.map((run) => run.test))];
  const anchorOf = (test: string): string => {
    if (test.startsWith('aead')) return AEAD_ANCHOR;
    if (test.startsWith('underlay')) return UNDERLAY_ANCHOR;
    return test.startsWith('handshake') ? HANDSHAKE_ANCHOR : '';
  };
  return {
    benchmark: 'micro',
    date: new Date().toISOString(),
    machine,
    settings: {},
    anchors: Object.fromEntries(tests.map((test) => [test, anchorOf(test)])),
    comparisons: compare(runs, anchorOf),
    leftOut: [],
    runs,
  };
}
