/**
 * An MRT file as the door asks for it: the tables, or what the flight recorder has of a peering.
 *
 * Standard: RFC 6396; bgp/mrt/README.md.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import type { Instant } from '../../base/units.ts';
import type { TableDump } from '../../bgp/index.ts';
import type { RunningCapture } from '../captures.ts';
import type { Router } from '../router.ts';
import type { MrtInput } from './contract.ts';
import { vrfNamed } from './queries/query.ts';
import { sessionsNamed } from './queries/routes-from.ts';

/** @throws RouterError `ENTITY_UNKNOWN`, `VRF_UNKNOWN` or `QUERY_INVALID`. */
export function startMrt(router: Router, input: MrtInput, now: Instant): RunningCapture {
  const { engine } = router;
  if (input.what === 'table' && (input.policy === 'before' || input.policy === 'after')) {
    const { policy, vrf } = input;
    const { routes } = vrfNamed(router, vrf);
    return tableFile(routes.dumpTables({ policy, wallNow: engine.clock.now(), now }));
  }
  if (input.what === 'messages' && typeof input.peering === 'string') {
    const sessions = sessionsNamed(router, input.peering);
    return slicesFile(sessions.map(({ neighbor }) => engine.recorder.slice(neighbor)));
  }
  throw new RouterError(
    'QUERY_INVALID',
    'An MRT file is of a table or of the messages of a peering.',
  );
}

function tableFile(dump: TableDump): RunningCapture {
  let isStopped = false;
  return {
    take: () => (isStopped ? undefined : dump.next()),
    get isDone() {
      return isStopped || dump.isDone;
    },
    stop() {
      isStopped = true;
    },
  };
}

/** The sessions of a peering, one after the other; what is empty is left out. */
function slicesFile(slices: readonly Uint8Array[]): RunningCapture {
  const waiting = slices.filter((slice) => slice.length > 0);
  return {
    take: () => waiting.shift(),
    get isDone() {
      return waiting.length === 0;
    },
    stop() {
      waiting.length = 0;
    },
  };
}
