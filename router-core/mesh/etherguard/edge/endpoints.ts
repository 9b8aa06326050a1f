/**
 * Where link peers are: names of the file become addresses, and again while a static peer is silent.
 *
 * Not standardized; as etherguard-go v0.3.5. Roaming is the device's: whatever a peer was heard from is its endpoint, also
 * of a static one, until the reset. A name that had no address is asked for again soon: with the original's
 * interval a node that starts before its resolver would be alone for ten minutes.
 *
 * @module
 */
import { type Endpoint, parseEndpoint, type UnderlayAddress } from '../../../base/endpoint.ts';
import type { TimerOwner, TimerQueue, Timers } from '../../../base/timer-queue.ts';
import { addMilliseconds, type Instant, seconds } from '../../../base/units.ts';
import type { WireguardDevice } from '../../../wireguard/index.ts';
import type { EdgeConfig } from '../config/index.ts';
import { LEAST_RESET_INTERVAL_SECONDS, RESOLVE_RETRY } from './constants.ts';
import type { Link, LinkTable } from './links.ts';
import type { Outputs, Questions } from './outputs.ts';
import type { Family, Sockets } from './sockets.ts';

export class Endpoints implements TimerOwner<'reset' | 'again'> {
  private readonly timers: Timers<'reset' | 'again'>;
  private readonly device: WireguardDevice;
  private readonly links: LinkTable;
  private readonly sockets: Sockets;
  private readonly outputs: Outputs;
  private readonly questions: Questions<readonly UnderlayAddress[]>;
  private readonly isAlive: (link: Link, now: Instant) => boolean;
  private readonly pointed: (link: Link, now: Instant) => void;
  /** Links whose name had no address. */
  private readonly unresolved = new Set<Link>();
  private prefer: 0 | Family;
  private resetInterval: number;

  constructor(
    parts: {
      readonly device: WireguardDevice;
      readonly links: LinkTable;
      readonly sockets: Sockets;
      readonly outputs: Outputs;
      readonly questions: Questions<readonly UnderlayAddress[]>;
      readonly timerQueue: TimerQueue;
      readonly isAlive: (link: Link, now: Instant) => boolean;
      /** A link has its endpoint of the file, the first time or again. */
      readonly pointed: (link: Link, now: Instant) => void;
    },
    config: EdgeConfig,
  ) {
    this.device = parts.device;
    this.links = parts.links;
    this.sockets = parts.sockets;
    this.outputs = parts.outputs;
    this.questions = parts.questions;
    this.isAlive = parts.isAlive;
    this.pointed = parts.pointed;
    this.timers = parts.timerQueue.add<'reset' | 'again'>(this);
    this.prefer = config.AfPrefer;
    this.resetInterval = config.ResetEndPointInterval;
  }

  configure(config: EdgeConfig, now: Instant): void {
    this.prefer = config.AfPrefer;
    this.resetInterval = config.ResetEndPointInterval;
    this.arm(now);
  }

  /** Begins the reset interval. */
  arm(now: Instant): void {
    if (this.resetInterval > LEAST_RESET_INTERVAL_SECONDS)
      this.timers.set('reset', addMilliseconds(now, seconds(this.resetInterval)));
    else this.timers.clear('reset');
  }

  stop(): void {
    this.timers.clearAll();
  }

  /** Points a link to its endpoint of the file, if it has one. */
  point(link: Link, now: Instant): void {
    if (link.endpoint === '') return;
    this.resolve(link.endpoint, link.family ?? this.prefer, now, (addresses, at) => {
      const usable = this.usable(addresses, link.family);
      if (usable === undefined) {
        this.unresolved.add(link);
        this.timers.set('again', addMilliseconds(at, RESOLVE_RETRY));
        const fields = { code: 'ENDPOINT_UNRESOLVED', node: link.node, endpoint: link.endpoint };
        this.outputs.log('warn', 'life', 'an endpoint has no usable address', fields);
      } else {
        this.set(link, usable, at);
        this.pointed(link, at);
      }
    });
  }

  /** Points a link to an address that was told. */
  set(link: Link, endpoint: UnderlayAddress, now: Instant): void {
    if (this.links.at(link.index) !== link) return;
    const socket = this.sockets.socketOf(endpoint.address.family);
    this.device.updatePeer(link.peer, { endpoint, socket }, now);
  }

  /** Asks for the addresses of `host:port`; of a literal at once. */
  resolve(
    text: string,
    prefer: 0 | Family,
    now: Instant,
    onAddresses: (addresses: readonly UnderlayAddress[], now: Instant) => void,
  ): void {
    const endpoint = parseEndpoint(text);
    const literal = endpoint === undefined ? undefined : literalOf(endpoint);
    if (endpoint === undefined || literal !== undefined) {
      onAddresses(literal === undefined ? [] : [literal], now);
      return;
    }
    const question = this.questions.add(onAddresses);
    if (question === undefined) onAddresses([], now);
    else this.outputs.push({ kind: 'resolve', question, ...endpoint, prefer });
  }

  /** The first address of a family that is in use. */
  usable(
    addresses: readonly UnderlayAddress[],
    only?: Family | undefined,
  ): UnderlayAddress | undefined {
    return addresses.find(
      ({ address: { family } }) =>
        this.sockets.isInUse(family) && (only === undefined || only === family),
    );
  }

  timerExpired(name: 'reset' | 'again', now: Instant): void {
    if (name === 'reset') this.reset(now);
    else this.askAgain(now);
  }

  private reset(now: Instant): void {
    this.arm(now);
    for (const link of this.links.all())
      if (link.isStatic && !this.isAlive(link, now)) this.point(link, now);
  }

  private askAgain(now: Instant): void {
    const links = [...this.unresolved];
    this.unresolved.clear();
    for (const link of links) if (this.links.at(link.index) === link) this.point(link, now);
  }
}

const literalOf = ({ address, port }: Endpoint): UnderlayAddress | undefined =>
  address === undefined ? undefined : { address, port };
