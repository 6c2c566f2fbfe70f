import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitJsonArray } from '../../import/formats/json/split-array.ts';

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

test('a list is split the same wherever the pieces of the file fall', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
      fc.constantFrom(undefined, 2),
      async (list, size, indent) => {
        const text = JSON.stringify(list, null, indent);
        const elements = await Array.fromAsync(splitJsonArray(inPieces(text.slice(1), size), 1, 1e6));
        expect(elements.map((e) => JSON.parse(e.bytes!.toString()))).toEqual(JSON.parse(text));
        const cut = await Array.fromAsync(splitJsonArray(inPieces(text.slice(1, -1), size), 1, 1e6));
        expect(cut.at(-1)?.problem).toBe('cut');
      },
    ),
  );
});
