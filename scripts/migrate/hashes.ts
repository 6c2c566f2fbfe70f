import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import graphileHash from 'graphile-migrate/dist/hash.js';
import graphileMigrate from 'graphile-migrate/dist/migration.js';
import type { Problem } from '../../tools/check/problem.ts';

/**
 * Without a database: each committed migration has the text that its hash was made of, and names the one before it.
 * graphile-migrate itself looks only at what it is about to run, and only then.
 */
export function lintHashes(root: string): Problem[] {
  const folder = join(root, 'migrations/committed');
  const problems: Problem[] = [];
  let before = '-';
  for (const name of readdirSync(folder).sort()) {
    if (!/^\d{6}.*\.sql$/.test(name)) continue;
    const file = `migrations/committed/${name}`;
    const { headers, body } = graphileMigrate.parseMigrationText(
      file,
      readFileSync(join(folder, name), 'utf8'),
    );
    const previous = headers.Previous ?? '';
    if (previous !== before) {
      problems.push({
        file,
        message: `The migration before it has the hash ${before}, and this one names ${previous || 'none'}.`,
        hint: 'Of two that were committed side by side, take one back (npm run migrate -- uncommit) and commit it again.',
      });
    }
    const hash = graphileHash.calculateHash(body, previous === '-' ? null : previous);
    if (headers.Hash !== hash) {
      problems.push({
        file,
        message: `Its text was changed since it was committed: ${hash}, not ${headers.Hash ?? 'without a hash'}.`,
        hint: 'Restore it (git restore migrations/committed), and put the change into a new migration.',
      });
    }
    before = headers.Hash ?? '';
  }
  return problems;
}
