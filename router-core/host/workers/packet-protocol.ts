/**
 * What the packet worker says to the supervisor and to the router worker, and hears from them.
 *
 * Not standardized; docs/architecture.md §6. Packets pass through shared memory (packet/plane-layout.ts);
 * these messages are for what happens seldom.
 *
 *   supervisor ──attach, stop──► packet worker ──ready──► supervisor
 *   router worker ──open, close, connect, retire──► packet worker ──opened, closed, punts──► router worker
 *
 * @module
 */
import type { MessagePort } from 'node:worker_threads';
import type { UnderlayWish } from '../../base/underlay-wish.ts';
import type { ObfuscationConfig } from '../../router/index.ts';
import type { UnderlayKind } from '../underlay/index.ts';
import type { OpenedPort } from '../underlay/io.ts';

export type PacketWorkerData = {
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly wish: UnderlayWish;
  /** The supervisor's messages; polled, because a thread in a system call hears no event. */
  readonly control: MessagePort;
};

/** How packets pass the underlay, for people. */
export type UnderlayReport = { readonly kind: UnderlayKind; readonly reason: string };

export type FromPacketWorker = {
  readonly kind: 'ready';
  readonly underlay: UnderlayReport;
  /** Wakes the packet worker; undefined when a message does. */
  readonly wakeFd: number | undefined;
};

export type FromSupervisor =
  /** A router worker begins: its messages come by this port. */
  { readonly kind: 'attach'; readonly port: MessagePort } | { readonly kind: 'stop' };

export type FromRouterWorker =
  /** First of all: it fills this bank; what a former life said of its peers is void. */
  | { readonly kind: 'begin'; readonly bank: number }
  | {
      readonly kind: 'open';
      readonly socket: number;
      /** Comes back with the answer: a socket may be closed, and opened elsewhere, before it is told. */
      readonly attempt: number;
      readonly port: number;
      readonly host: string;
      /** The family, for whoever opens each by itself. */
      readonly only: 4 | 6 | undefined;
      /** Whose datagrams come by it: the mesh device's, or the WireGuard device's. */
      readonly isMesh: boolean;
    }
  | { readonly kind: 'close'; readonly socket: number; readonly attempt: number }
  /** A peer's endpoint, for the kinds that keep a socket for each; without one the peer is gone. */
  | {
      readonly kind: 'connect';
      readonly tag: number;
      readonly socket: number;
      readonly sockaddr: Uint8Array | undefined;
    }
  /** The disguises a socket listens for; none: all of it is plain. */
  | {
      readonly kind: 'socket-forms';
      readonly socket: number;
      readonly forms: readonly ObfuscationConfig[];
    }
  /** The disguise of a peer's messages; without one they are plain. */
  | {
      readonly kind: 'peer-form';
      readonly tag: number;
      readonly form: ObfuscationConfig | undefined;
    }
  /** Ports of former router workers that this one has not opened may go. */
  | { readonly kind: 'retire' }
  /** Look at the ring. */
  | { readonly kind: 'wake' };

export type ToRouterWorker =
  | ({ readonly kind: 'opened'; readonly socket: number; readonly attempt: number } & OpenedPort)
  | {
      readonly kind: 'open-failed';
      readonly socket: number;
      readonly attempt: number;
      readonly code: string;
      readonly message: string;
    }
  /** Others may have the port, whatever thread they are in. */
  | { readonly kind: 'closed'; readonly attempt: number }
  | { readonly kind: 'punts' };
