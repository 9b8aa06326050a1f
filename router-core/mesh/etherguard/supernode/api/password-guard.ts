/**
 * Who may manage: passwords, and how often a wrong one may be tried.
 *
 * Standard: RFC 6585 §4 (429). Compared are keyed hashes, so the time tells neither length nor place of a
 * difference. After FAILURES_BURST wrong ones a source waits; sources are IPv4 addresses and IPv6 /64.
 *
 * Invariant: a source that is over its limit learns nothing, not even with the right password.
 *
 * @module
 */
import { equalSecrets } from '../../../../base/bytes.ts';
import { hostNetwork, parseIpAddress } from '../../../../base/ip-address.ts';
import { TokenBucket } from '../../../../base/token-bucket.ts';
import type { Instant } from '../../../../base/units.ts';
import type { SuperConfig } from '../../config/index.ts';
import type { SuperCore } from '../core.ts';
import { FAILING_SOURCES_MAX, FAILURES_BURST, FAILURES_PER_SECOND } from '../limits.ts';
import type { ApiRequest, ApiResponse } from '../supernode-contract.ts';
import { inQuery, textAnswer, textParameter } from './answers.ts';

const KEY_BYTES = 32;
const SOURCE_LENGTH_MAX = 64;

/** The bucket has what it still may fail, and when it is empty: until when it waits. */
type Source = { readonly failures: TokenBucket; waitsUntil: number };

export class PasswordGuard {
  private readonly core: SuperCore;
  private readonly key: Uint8Array;
  /** The longest quiet first. */
  private readonly sources = new Map<string, Source>();
  private readonly utf8 = new TextEncoder();

  constructor(core: SuperCore) {
    this.core = core;
    this.key = core.ports.random.bytes(KEY_BYTES);
  }

  /** Returns the answer that ends the request, undefined when the password in it is right. */
  refusal(
    request: ApiRequest,
    call: keyof SuperConfig['Passwords'],
    now: Instant,
  ): ApiResponse | undefined {
    const given = textParameter(inQuery(request), 'Password');
    if ('answer' in given) return given.answer;
    const name = sourceOf(request.from);
    const source = this.sources.get(name);
    if (source !== undefined && now < source.waitsUntil)
      return textAnswer(429, 'Too many wrong passwords. Try again later.');
    const wanted = this.core.config.Passwords[call];
    // Both are hashed whatever they are: an empty password in the file switches the call off.
    const isRight = equalSecrets(this.hash(given.value), this.hash(wanted));
    if (isRight && wanted !== '') return undefined;
    this.failed(name, now);
    this.core.outputs.log('warn', 'life', 'a wrong password for the management interface', {
      from: name,
      call,
    });
    return textAnswer(401, 'Paramater Password: Wrong password');
  }

  private hash(password: string): Uint8Array {
    return this.core.ports.crypto.hmac(this.key, this.utf8.encode(password));
  }

  private failed(name: string, now: Instant): void {
    const source = this.sources.get(name) ?? {
      failures: new TokenBucket(FAILURES_PER_SECOND, FAILURES_BURST - 1),
      waitsUntil: Number.NEGATIVE_INFINITY,
    };
    this.sources.delete(name);
    this.sources.set(name, source);
    if (!source.failures.take(now)) source.waitsUntil = now + 1000 / FAILURES_PER_SECOND;
    if (this.sources.size <= FAILING_SOURCES_MAX) return;
    const [quietest] = this.sources.keys();
    if (quietest !== undefined) this.sources.delete(quietest);
  }
}

function sourceOf(from: string): string {
  const address = parseIpAddress(from);
  if (address?.family === 6) return `${hostNetwork(address)}::/64`;
  return from.slice(0, SOURCE_LENGTH_MAX);
}
