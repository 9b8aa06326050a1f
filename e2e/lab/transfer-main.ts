/**
 * A TCP transfer that counts to the last octet (iperf3 stops counting when the sender is done).
 *
 *   receive PORT             prints LISTENING, and RECEIVED with the count at the end of the stream
 *   send HOST PORT OCTETS    ends when everything is acknowledged and the other side has closed
 *
 * @module
 */
import { connect, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const CHUNK_BYTES = 64 * 1024;
const [role, ...words] = process.argv.slice(2);

if (role === 'receive') receive(Number(words[0]));
else await send(words[0] ?? '', Number(words[1]), Number(words[2]));

function receive(port: number): void {
  const server = createServer((socket) => {
    let count = 0;
    socket.on('data', (data) => {
      count += data.length;
    });
    socket.on('error', (error) => process.stdout.write(`BROKEN ${error.message}\n`));
    socket.on('end', () => process.stdout.write(`RECEIVED ${count}\n`));
    socket.on('close', () => server.close());
  });
  server.listen(port, () => process.stdout.write('LISTENING\n'));
}

async function send(host: string, port: number, octets: number): Promise<void> {
  const chunk = Buffer.alloc(CHUNK_BYTES, 'rootless42 ');
  function* stream(): Generator<Buffer> {
    for (let left = octets; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
  }
  const socket = connect({ host, port });
  socket.resume();
  const closed = new Promise((resolve) => socket.on('close', resolve));
  await pipeline(Readable.from(stream()), socket);
  await closed;
}
