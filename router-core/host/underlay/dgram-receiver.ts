/**
 * A datagram of `node:dgram` into the batch.
 *
 * Not standardized; addresses come as texts, which are parsed once per remote.
 *
 * @module
 */
import type { RemoteInfo } from 'node:dgram';
import type { SocketId } from '../../base/units.ts';
import { AddressOctets } from './address-cache.ts';
import type { BatchMemory, UnderlayCounters } from './io.ts';
import type { TurnBatch } from './turn-batch.ts';

export interface DgramReceiver {
  take(id: SocketId, datagram: Buffer, from: RemoteInfo): void;
}

export function createDgramReceiver(
  memory: BatchMemory,
  batch: TurnBatch,
  counters: UnderlayCounters,
): DgramReceiver {
  const bytes = new Uint8Array(memory.buffer);
  const octets = new AddressOctets();
  return {
    take(id, datagram, from) {
      counters.rxCalls++;
      counters.rxDatagrams++;
      if (datagram.length > memory.slotDataBytes) {
        counters.rxTruncated++;
        return;
      }
      const isKnown =
        from.port !== 0 && octets.write(bytes, batch.sockaddrStart(), from.address, from.port);
      if (!isKnown) {
        counters.rxBadSource++;
        return;
      }
      bytes.set(datagram, batch.slotStart());
      batch.add(id, datagram.length);
    },
  };
}
