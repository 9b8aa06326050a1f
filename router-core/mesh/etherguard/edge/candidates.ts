/**
 * Endpoints at which a peer may be: told by the supernode with ranks, or by other nodes.
 *
 * Not standardized; order and life as in etherguard-go v0.3.5: first what was not tried, by rank; then what was
 * tried longest ago. What another node told is forgotten when it was tried in vain for a while.
 *
 * Invariant: at most CANDIDATES_PER_LINK; a new one takes the place of one that was tried, or is not taken.
 *
 * @module
 */
import { type Instant, instant, type Milliseconds } from '../../../base/units.ts';
import { CANDIDATES_PER_LINK } from './limits.ts';

export type Candidate = {
  /** `host:port` as it was told. */
  readonly text: string;
  readonly rank: number;
  readonly from: 'supernode' | 'node';
  firstTried?: Instant;
  lastTried?: Instant;
};

const NEVER = instant(-1);

export class Candidates {
  private list: Candidate[] = [];

  /** Takes a supernode's list in place of the one before; what stays keeps its history. */
  replace(told: readonly { readonly text: string; readonly rank: number }[]): void {
    const before = new Map(this.list.map((candidate) => [candidate.text, candidate]));
    const kept = this.list.filter(({ from }) => from === 'node');
    const listed = [...told]
      .sort((a, b) => a.rank - b.rank)
      .map(({ text, rank }): Candidate => {
        const { firstTried, lastTried } = before.get(text) ?? {};
        return {
          text,
          rank,
          from: 'supernode',
          ...(firstTried !== undefined && { firstTried }),
          ...(lastTried !== undefined && { lastTried }),
        };
      });
    this.list = [...listed, ...kept].slice(0, CANDIDATES_PER_LINK);
  }

  /** Takes what another node told. */
  add(text: string): void {
    if (this.list.some((candidate) => candidate.text === text)) return;
    if (this.list.length >= CANDIDATES_PER_LINK && !this.makeRoom()) return;
    this.list.push({ text, rank: 0, from: 'node' });
  }

  /** Returns whom to try next, and notes it; undefined when there is none. */
  next(now: Instant, life: Milliseconds): Candidate | undefined {
    this.list = this.list.filter(
      ({ from, firstTried }) =>
        from === 'supernode' || firstTried === undefined || now - firstTried <= life,
    );
    let best: Candidate | undefined;
    for (const candidate of this.list)
      if (best === undefined || isBefore(candidate, best)) best = candidate;
    if (best === undefined) return undefined;
    best.firstTried ??= now;
    best.lastTried = now;
    return best;
  }

  get isEmpty(): boolean {
    return this.list.length === 0;
  }

  texts(): string[] {
    return this.list.map(({ text }) => text);
  }

  private makeRoom(): boolean {
    const tried = this.list.findIndex(
      ({ from, lastTried }) => from === 'node' && lastTried !== undefined,
    );
    if (tried !== -1) this.list.splice(tried, 1);
    return tried !== -1;
  }
}

function isBefore(a: Candidate, b: Candidate): boolean {
  const difference = (a.lastTried ?? NEVER) - (b.lastTried ?? NEVER);
  return difference < 0 || (difference === 0 && a.rank < b.rank);
}
