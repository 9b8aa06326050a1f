/**
 * Compression of reports.
 *
 * Standard: RFC 1952, by node:zlib.
 *
 * @module
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Compression } from '../../mesh/etherguard/ports.ts';

export const zlibCompression: Compression = {
  gzip: (octets) => new Uint8Array(gzipSync(octets)),
  gunzip(octets, octetsMax) {
    try {
      return new Uint8Array(gunzipSync(octets, { maxOutputLength: octetsMax }));
    } catch (error) {
      // What others sent is no gzip, or grows without end; anything else would be ours.
      const { code = '' } = error as NodeJS.ErrnoException;
      if (/^Z_(?:DATA|BUF|STREAM|NEED_DICT|VERSION)|^ERR_BUFFER_TOO_LARGE$/.test(code))
        return undefined;
      throw error;
    }
  },
};
