/** Two users with a few chunks each. */
import { type Database, serverDatabase } from '../../lib/database.ts';
import { activateTestVersion, addChunks } from './knowledge.ts';
import { createTestDatabase } from './server.ts';
import { registerUser, type TestUser } from './users.ts';

export let database: Database;
export let ann: TestUser;
export let bob: TestUser;
export const owner = () => database.pool('owner');
export const worker = () => database.pool('worker');
export async function setScene(): Promise<void> {
  database = serverDatabase((await createTestDatabase()).url);
  ann = await registerUser(database, 'ann@example.org');
  bob = await registerUser(database, 'bob@example.org');
  const version = await activateTestVersion(owner(), 4);
  for (const user of [ann, bob]) {
    await addChunks(owner(), {
      version,
      workspaceId: user.workspaceId,
      ownerId: user.id,
      dimensions: 4,
      count: 8,
      seed: 0.5,
    });
  }
}
export async function endScene(): Promise<void> {
  await database?.close();
}
