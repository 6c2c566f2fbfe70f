import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../../lib/migrations.ts';
import { run } from '../../tools/postgres/run.ts';

/** `npm run migrate -- …` on a server's database, or on an embedded one. */
export function migrate(where: { url: string } | { data: string }, ...args: string[]) {
  const { DATABASE_URL: _, ...env } = process.env;
  return run(process.execPath, [join(projectFolder, 'scripts/migrate.ts'), ...args], {
    cwd: tmpdir(),
    env: 'url' in where ? { ...env, DATABASE_URL: where.url } : { ...env, DATA_DIR: where.data },
  });
}
