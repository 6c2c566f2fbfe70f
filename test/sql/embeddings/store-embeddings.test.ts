import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, serverDatabase } from '../../../lib/database.ts';
import { activateTestVersion, addChunks, createIndex } from '../../support/knowledge.ts';
import { createTestDatabase, describeReal } from '../../support/server.ts';
import { asUser, registerUser, type TestUser } from '../../support/users.ts';

describeReal('stored vectors', () => {
  let database: Database;
  let ann: TestUser;
  const owner = () => database.pool('owner');
  const store = (version: string, dimensions: number, count = 1) =>
    addChunks(owner(), {
      version,
      workspaceId: ann.workspaceId,
      ownerId: ann.id,
      dimensions,
      count,
      seed: 0.1,
    });

  beforeAll(async () => {
    database = serverDatabase((await createTestDatabase()).url);
    ann = await registerUser(database, 'ann@example.org');
  });
  afterAll(async () => {
    await database?.close();
  });

  it('of 1,536 dimensions are indexed and found', async () => {
    const version = await activateTestVersion(owner(), 1536);
    await store(version, 1536, 3);
    await createIndex(owner(), version);
    const { rows } = await asUser(database, ann, (client) =>
      client.query(
        `select (app_public.search('', (select e.embedding from app_public.embeddings e where e.version_id = $1 limit 1), mode => 'vector')).returned`,
        [version],
      ),
    );
    expect(rows[0].returned).toBe(3);
    await owner().query('delete from app_public.chunks');
    await owner().query(
      `update app_public.embedding_versions v set status = 'retired', name = 'wide' where v.id = $1`,
      [version],
    );
  });

  it('have the dimensions of their version', async () => {
    const version = await activateTestVersion(owner(), 8);
    await expect(store(version, 9)).rejects.toMatchObject({ code: '23514' });
    await store(version, 8);
  });
});
