/**
 * A TAP device of Linux: our end of a wire whose other end is the kernel of this namespace.
 *
 * Standard: Documentation/networking/tuntap.rst. Needs root or CAP_NET_ADMIN, /dev/net/tun, and koffi for one ioctl.
 *
 * @module
 */
import { closeSync, openSync, read, writeSync } from 'node:fs';

// <linux/if_tun.h>, <linux/if.h>
const TUNSETIFF = 0x400454ca;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const REQUEST_BYTES = 40;
const REQUEST_FLAGS = 16;
const NAME_BYTES_MAX = 15;
/** The largest frame read; the kernel cuts what is longer. */
const FRAME_BYTES = 9216;

export type Tap = {
  /** Gives a frame to the kernel. What it has no room for is lost, as on a wire. */
  send(frame: Uint8Array): void;
};

/** Makes the device; `receive` gets every frame the kernel sends. @throws when the system refuses */
export async function openTap(name: string, receive: (frame: Uint8Array) => void): Promise<Tap> {
  const { default: koffi } = await import('koffi');
  const ioctl = koffi.load(null).func('int ioctl(int fd, unsigned long request, void *argument)');
  const fd = openSync('/dev/net/tun', 'r+');
  const request = Buffer.alloc(REQUEST_BYTES);
  request.write(name.slice(0, NAME_BYTES_MAX), 'latin1');
  request.writeUInt16LE(IFF_TAP | IFF_NO_PI, REQUEST_FLAGS);
  if ((ioctl(fd, TUNSETIFF, request) as number) !== 0) {
    closeSync(fd);
    throw new Error(`the kernel makes no TAP device ${name}: errno ${koffi.errno()}`);
  }
  const buffer = Buffer.alloc(FRAME_BYTES);
  const next = (): void =>
    read(fd, buffer, 0, FRAME_BYTES, null, (error, octets) => {
      if (error !== null) throw error;
      receive(buffer.subarray(0, octets));
      next();
    });
  next();
  return {
    send(frame) {
      try {
        writeSync(fd, frame);
      } catch (error) {
        // The device is down: nobody is at the other end of the wire.
        if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
      }
    },
  };
}
