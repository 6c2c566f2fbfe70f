import { expect, it } from 'vitest';
import { REFERENCE_FOLDER } from '../../lib/catalogue-reference.ts';
import { differing, diffFiles, PICTURE_FOLDER, readFiles } from '../../tools/picture/files.ts';
import { makePicture, makeReference } from '../../tools/picture/picture.ts';
import { servedQueries } from '../../tools/picture/tables.ts';
import { testBinaries } from '../support/binaries.ts';
import { createTestDatabase, describeReal } from '../support/server.ts';

describeReal('the picture of the schema', () => {
  it('is what the committed migrations make', async () => {
    const { url } = await createTestDatabase();
    const files = await makePicture(url, await testBinaries());
    const different = differing(readFiles(PICTURE_FOLDER), files);
    const diff = different.length === 0 ? '' : await diffFiles(PICTURE_FOLDER, files);
    expect(different, `sql/schema/ is out of date: run npm run picture.\n${diff}`).toEqual([]);

    const reference = await makeReference(url);
    const changed = differing(readFiles(REFERENCE_FOLDER), reference);
    expect(changed, 'sql/reference/ is out of date: run npm run picture').toEqual([]);
  });

  it('names no month and nothing that changes by itself', () => {
    for (const [path, text] of readFiles(PICTURE_FOLDER)) {
      expect(text, path).not.toMatch(/messages_\d{4}_\d\d|Dumped (from|by)|embeddings_\d+_\d+/);
    }
  });

  it('says of every index of our own which query it serves', () => {
    const silent: string[] = [];
    for (const [path, text] of readFiles(PICTURE_FOLDER)) {
      if (path.startsWith('tables/'))
        silent.push(...(text.match(/^\| `\w+` \| `CREATE .*\| {2}\|$/gm) ?? []));
    }
    expect(silent, 'write "-- serves: …" above the index, and run npm run picture').toEqual([]);
  });
});

it('reads in the migrations what an index serves', () => {
  const first = `-- serves: a list
-- and more
create unique index concurrently if not exists a_idx
  on a (b);
create index b_idx on a (c);

create index c_idx on a (d);
`;
  const then = '-- serves: a sweep\ncreate index a_idx on a (b);\n';
  expect([...servedQueries([first, then])]).toEqual([
    ['a_idx', 'a sweep'],
    ['b_idx', 'a list'],
  ]);
});
