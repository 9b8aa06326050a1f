/**
 * `neighbor <session or peering name>`: everything about one session; endpoints stay private. Option: `vrf`.
 *
 * @module
 */
import { RouterError } from '../../../base/errors.ts';
import { printable } from '../../../base/printable.ts';
import { type Query, vrfAsked } from './query.ts';

export const neighbor: Query = {
  *run(router, input, now) {
    const { argument } = input;
    const only = vrfAsked(router, input);
    const found = router
      .snapshot(now)
      .peerings.filter(({ vrf }) => only === undefined || vrf === only.vrfName)
      .flatMap((peering) => peering.sessions.map((session) => ({ peering, session })))
      .filter(({ peering, session }) => session.name === argument || peering.name === argument);
    if (found.length === 0)
      throw new RouterError('ENTITY_UNKNOWN', `No neighbor is named ${printable(argument, 60)}.`);
    for (const { peering, session } of found)
      yield {
        peering: peering.name,
        ...(peering.vrf === undefined ? {} : { vrf: peering.vrf }),
        asn: peering.asn,
        ...session,
      };
  },
  text: (row) => JSON.stringify(row, null, 2),
};
