import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { queues } from '../../jobs/registry.ts';
import { openDatabase } from '../../lib/database.ts';
import { migrateDatabase } from '../../lib/migrations.ts';
import { PASSWORD, registerUser } from '../support/users.ts';

/** Run as a process: makes the embedded database of a folder with its first account, and has it open until told to end. */
const dataDir = process.argv[2] ?? '';
const database = await openDatabase({ dataDir });
await migrateDatabase(database, queues);
await registerUser(database, 'first@example.org');
const account = JSON.stringify({ email: 'first@example.org', password: PASSWORD });
await writeFile(join(dataDir, 'first-account.json'), account, { mode: 0o600 });
process.stdout.write('ready\n');
process.stdin.resume();
process.stdin.once('end', () => void database.close());
