/**
 * A capture as the door asks for it: names and limits judged, then handed to the Router.
 *
 * Not standardized.
 *
 * @module
 */
import { RouterError } from '../../base/errors.ts';
import { printable } from '../../base/printable.ts';
import type { Instant } from '../../base/units.ts';
import type { CaptureLimits } from '../capture.ts';
import type { RunningCapture } from '../captures.ts';
import {
  CAPTURE_OCTETS,
  CAPTURE_OCTETS_MAX,
  CAPTURE_PACKETS,
  CAPTURE_PACKETS_MAX,
  CAPTURE_SECONDS,
  CAPTURE_SECONDS_MAX,
  CAPTURE_SNAP_LENGTH_MAX,
  CAPTURE_SNAP_LENGTH_MIN,
} from '../limits.ts';
import type { Router } from '../router.ts';
import type { CaptureInput } from './contract.ts';

type Bounds = { readonly low: number; readonly high: number; readonly otherwise: number };

const BOUNDS: Readonly<Record<keyof CaptureLimits, Bounds>> = {
  packets: { low: 1, high: CAPTURE_PACKETS_MAX, otherwise: CAPTURE_PACKETS },
  octets: { low: 1, high: CAPTURE_OCTETS_MAX, otherwise: CAPTURE_OCTETS },
  seconds: { low: 1, high: CAPTURE_SECONDS_MAX, otherwise: CAPTURE_SECONDS },
  snapLength: {
    low: CAPTURE_SNAP_LENGTH_MIN,
    high: CAPTURE_SNAP_LENGTH_MAX,
    otherwise: CAPTURE_SNAP_LENGTH_MAX,
  },
};

/** @throws RouterError `ENTITY_UNKNOWN`, `QUERY_INVALID` or `TOO_MANY`. */
export function startCapture(router: Router, input: CaptureInput, now: Instant): RunningCapture {
  const limits: CaptureLimits = {
    packets: readLimit(input, 'packets'),
    octets: readLimit(input, 'octets'),
    seconds: readLimit(input, 'seconds'),
    snapLength: readLimit(input, 'snapLength'),
  };
  if (input.peering === undefined) return router.captures.start({ limits }, now);
  const peering = idOfPeering(router, input.peering);
  return router.captures.start({ peering, limits }, now);
}

function idOfPeering(router: Router, text: string): string {
  const { byId } = router.engine.roster;
  const found =
    byId.get(text) ?? [...byId.values()].find((peering) => peering.wish.config.name === text);
  if (found !== undefined) return found.wish.id;
  throw new RouterError(
    'ENTITY_UNKNOWN',
    `There is no peering ${printable(String(text), 60)} on this node.`,
    { path: 'peering' },
  );
}

function readLimit(input: CaptureInput, name: keyof CaptureLimits): number {
  const { low, high, otherwise } = BOUNDS[name];
  const value = input[name] ?? otherwise;
  if (Number.isInteger(value) && value >= low && value <= high) return value;
  throw new RouterError('QUERY_INVALID', `${name} is a number from ${low} to ${high}.`, {
    path: name,
  });
}
