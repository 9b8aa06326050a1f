/**
 * Tells the log when the HTTP API of the supernode stops serving, and when it serves again.
 *
 * Not standardized. Requests come every few seconds for as long as the edge lives, so a failure each would fill the log.
 *
 * Invariants
 * - One line per change. What the rate has no room for is told with a later answer, if it still holds then.
 * - Who answers anything is not silent; that what was asked is understood is known of each question apart.
 *
 * @module
 */
import { printableBytes } from '../../../base/printable.ts';
import { TokenBucket } from '../../../base/token-bucket.ts';
import type { Instant } from '../../../base/units.ts';
import type { HttpAnswer, HttpFailure } from '../ports.ts';
import { LIFE_LOGS_BURST, LIFE_LOGS_PER_SECOND } from './limits.ts';
import type { Outputs } from './outputs.ts';

export type ApiTrouble = {
  readonly code: 'MESH_API_SILENT' | 'MESH_CERTIFICATE' | 'MESH_ANSWER_INVALID';
  /** In words, of the supernode. */
  readonly problem: string;
};

export class ApiWatch {
  private readonly outputs: Outputs;
  /** By what was asked, the oldest first. */
  private readonly troubles = new Map<string, ApiTrouble>();
  private readonly room = new TokenBucket(LIFE_LOGS_PER_SECOND, LIFE_LOGS_BURST);
  private told: ApiTrouble['code'] | undefined;

  constructor(outputs: Outputs) {
    this.outputs = outputs;
  }

  /** What is wrong, undefined when nothing is. */
  get problem(): string | undefined {
    return this.current?.problem;
  }

  stop(): void {
    this.troubles.clear();
    this.told = undefined;
  }

  /** The question was answered: well, or with trouble. */
  answered(what: string, trouble: ApiTrouble | undefined, now: Instant): void {
    if (trouble === undefined || trouble.code === 'MESH_ANSWER_INVALID') this.endSilence();
    if (trouble === undefined) this.troubles.delete(what);
    else this.troubles.set(what, trouble);
    this.tell(now);
  }

  private get current(): ApiTrouble | undefined {
    return this.troubles.values().next().value;
  }

  private endSilence(): void {
    for (const [what, { code }] of this.troubles)
      if (code !== 'MESH_ANSWER_INVALID') this.troubles.delete(what);
  }

  private tell(now: Instant): void {
    const { current, outputs } = this;
    if (current?.code === this.told || !this.room.take(now)) return;
    this.told = current?.code;
    if (current === undefined)
      outputs.log('info', 'life', 'the HTTP API of the supernode serves again', {});
    else outputs.log('warn', 'life', 'the HTTP API of the supernode does not serve', current);
  }
}

export const silence = ({ reason, code }: HttpFailure): ApiTrouble => ({
  code: code ?? 'MESH_API_SILENT',
  problem: `its HTTP API (EndpointEdgeAPIUrl) does not answer: ${reason}`,
});

export const refusal = ({ status, body }: HttpAnswer): ApiTrouble => ({
  code: 'MESH_ANSWER_INVALID',
  problem: `its HTTP API answers ${status}: ${printableBytes(body, 200)}`,
});
