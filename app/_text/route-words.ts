/**
 * Words about routes: which steps of the decision, reasons to keep a route back and causes of a change
 * have some. Tokens without words are shown as they are.
 *
 * Not standardized; BGP specification §5, §6.1, §17. The words are in messages `lookingGlass`. Why routes
 * are rejected stands in rejection.ts.
 *
 * @module
 */
import type { ChangeCause, ExportReason } from '../../router-core/index.ts';
import type { DecisionStep } from '../_queries/view-models.ts';
import english from './messages/en.json' with { type: 'json' };

/** By number of BGP specification §5. */
export const DECISION_STEPS: Readonly<Record<number, DecisionStep>> = {
  0: 'own',
  2: 'long-lived-stale',
  3: 'local-pref',
  6: 'as-path-length',
  7: 'origin',
  8: 'med',
  9: 'learnt-by',
  12: 'age',
  13: 'router-id',
  14: 'cluster-list-length',
  15: 'neighbor-address',
  16: 'path-id',
};

const EXPORT_REASONS: Readonly<Record<ExportReason, string>> = english.lookingGlass.exportReason;
const CAUSES: Readonly<Record<ChangeCause, string>> = english.lookingGlass.change;

export const isExportReason = (token: string): token is ExportReason =>
  Object.hasOwn(EXPORT_REASONS, token);

export const isChangeCause = (token: string): token is ChangeCause => Object.hasOwn(CAUSES, token);
