import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from '../../lib/database.ts';
import { PASSWORD, registerUser } from '../support/users.ts';

/** Run as a process: makes the first account in the embedded database of a folder, and has it open until told to end. */
const dataDir = process.argv[2] ?? '';
const database = await openDatabase({ dataDir });
await registerUser(database, 'first@example.org');
const account = JSON.stringify({ email: 'first@example.org', password: PASSWORD });
await writeFile(join(dataDir, 'first-account.json'), account, { mode: 0o600 });
process.stdout.write('ready\n');
process.stdin.resume();
process.stdin.once('end', () => void database.close());
