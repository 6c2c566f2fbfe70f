import { Readable, Transform, type TransformCallback } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { notTaken } from './format.ts';

/** Text packs to a tenth, repeated text to a fiftieth; more than this is made to fill a disk. Small archives may. */
const MAX_RATIO = 250;
const RATIO_FROM = 64 * 1024 ** 2;

/** Bytes that unfold to far too many are stopped on their way. */
function bounded(maxBytes: number, packed: () => number): Transform {
  let unpacked = 0;
  return new Transform({
    transform(piece: Buffer, _encoding, done: TransformCallback) {
      unpacked += piece.length;
      // the padding of entries and their headers are not counted by the manifest
      if (unpacked > maxBytes * 1.1 + RATIO_FROM)
        return done(notTaken(`it unpacks to more than ${maxBytes} bytes`));
      if (unpacked > RATIO_FROM && unpacked > packed() * MAX_RATIO)
        return done(notTaken(`it unpacks to more than ${MAX_RATIO} times its size`));
      done(null, piece);
    },
  });
}

/** The tar in a source that is one, or one that gzip has packed. */
export async function unpacked(source: Readable, maxBytes: number, signal?: AbortSignal): Promise<Readable> {
  const input = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await input.next();
  const head: Buffer = first.done ? Buffer.alloc(0) : Buffer.from(first.value);
  let packed = 0;
  async function* all(): AsyncGenerator<Buffer> {
    packed += head.length;
    yield head;
    for (let next = await input.next(); !next.done; next = await input.next()) {
      signal?.throwIfAborted();
      packed += next.value.length;
      yield next.value;
    }
  }
  const raw = Readable.from(all(), { objectMode: false });
  const isPacked = head[0] === 0x1f && (head[1] === 0x8b || head.length === 1);
  const plain = isPacked ? chained(raw, createGunzip()) : raw;
  return chained(
    plain,
    bounded(maxBytes, () => packed),
  );
}

/** As pipe, but errors go along, and ends go back. */
function chained<T extends Transform | ReturnType<typeof createGunzip>>(from: Readable, to: T): T {
  from.on('error', (error) => to.destroy(error));
  to.on('close', () => from.destroy());
  from.pipe(to);
  return to;
}
