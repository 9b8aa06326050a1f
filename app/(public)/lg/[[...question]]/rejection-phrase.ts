/**
 * A reason for which routes are rejected, in words that follow a count.
 *
 * Not standardized; app/_text/rejection.ts. A reason without words is shown as it is.
 *
 * @module
 */
import { rejectionCode, rejectionRule } from '../../../_text/rejection.ts';
import { getTranslator } from '../../../_text/translator.ts';

/** Takes a token of the router. */
export function rejectionPhrase(reason: string): string {
  const t = getTranslator('rejection');
  const code = rejectionCode(reason);
  return code === undefined ? reason : t(`phrase.${code}`, rejectionRule(reason));
}
