import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { env } from '../../lib/env.ts';
import { errorCode } from '../../lib/errors.ts';
import { unpacked } from '../../tools/postgres/unpack.ts';

/** What a program is called, and which of Debian's packages has it in which folder. */
const PROGRAMS = {
  nginx: { package: 'nginx', bin: 'usr/sbin' },
  caddy: { package: 'caddy', bin: 'usr/bin' },
  promtool: { package: 'prometheus', bin: 'usr/bin' },
} as const;

/** Where a program of this machine lies; undefined where it has none. */
export function installed(name: string): string | undefined {
  try {
    return execFileSync('which', [name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/**
 * The path of a program that files of ours are for: this machine's, or Debian's, unpacked privately.
 * @returns undefined on a developer's machine that can have neither; CI must
 */
export async function debianProgram(name: keyof typeof PROGRAMS): Promise<string | undefined> {
  const path = installed(name);
  if (path !== undefined) return path;
  const { package: debian, bin } = PROGRAMS[name];
  try {
    const recipe = { name: debian, what: name, suite: 'bookworm', packages: [debian], bin };
    return await unpacked(recipe, {}, (root) => join(root, bin, name));
  } catch (error) {
    if (env.CI || !['CQ020', 'CQ021'].includes(errorCode(error) ?? '')) throw error;
    return undefined;
  }
}
