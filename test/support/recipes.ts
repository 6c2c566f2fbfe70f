import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../lib/migrations.ts';

/**
 * The settings of a recipe in docs/embeddings.md: the shell block under the heading of that name.
 * @param url  where the server of the test listens, in place of the one of the recipe
 */
export function recipe(name: string, url: string): Record<string, string> {
  const text = readFileSync(join(projectFolder, 'docs/embeddings.md'), 'utf8');
  const section = text.split(/^### /m).find((part) => part.startsWith(`${name}\n`));
  const block = section && /```sh\n([\s\S]*?)```/.exec(section)?.[1];
  if (!block) throw new Error(`docs/embeddings.md has no recipe for ${name}.`);
  const settings = Object.fromEntries(
    [...block.matchAll(/^(?:export )?(EMBEDDING_[A-Z_]+)=(?:'([^']*)'|(\S*))/gm)].map((match) => [
      match[1]!,
      match[2] ?? match[3]!,
    ]),
  );
  const { host } = new URL(url);
  const address = new URL(settings.EMBEDDING_BASE_URL!);
  return { ...settings, EMBEDDING_BASE_URL: `http://${host}${address.pathname}` };
}
