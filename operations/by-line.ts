import { Writable } from 'node:stream';

/** Splits what a program writes into lines, however much it is. */
export function byLine(onLine: (line: string) => void): Writable {
  let rest = '';
  return new Writable({
    decodeStrings: true,
    write(piece: Buffer, _encoding, done) {
      const parts = `${rest}${piece.toString('utf8')}`.split('\n');
      rest = parts.pop()!;
      for (const line of parts) onLine(line);
      done();
    },
    final(done) {
      if (rest !== '') onLine(rest);
      done();
    },
  });
}
