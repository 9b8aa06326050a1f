/**
 * What an operator last wrote of the peering is not what runs.
 *
 * Not standardized; docs/architecture.md §5 step 10. It is said before all layers: they are as the former words
 * have them.
 *
 * @module
 */
import { formatWallTime } from '../../base/rfc3339.ts';
import type { Diagnose, SessionsInput } from './types.ts';

export const diagnoseRefusedEntry: Diagnose<SessionsInput> = ({ facts: { entryRefused } }) =>
  entryRefused === undefined
    ? []
    : [
        {
          code: 'ENTRY_REFUSED',
          severity: 'warn',
          text: `The last change of this peering was refused (${entryRefused.value.code}): ${entryRefused.value.message}`,
          since: formatWallTime(entryRefused.since),
        },
      ];
