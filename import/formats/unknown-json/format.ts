import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { utf16Of } from '../../../reading/encoding.ts';
import { extensionOf } from '../../../reading/file-kinds.ts';
import type { ImportRoot } from '../../files/import-root.ts';
import { skipped } from '../../skipped.ts';
import type { Format } from '../format.ts';

const JSON_FILES = new Set(['json', 'jsonl', 'ndjson']);

/** Files by which a folder is known to hold source code. */
const PROJECT =
  /^(?:\.git|\.hg|\.svn|\.gitignore|\.editorconfig|package\.json|deno\.jsonc?|tsconfig\.json|jsconfig\.json|composer\.json|pyproject\.toml|setup\.(?:py|cfg)|requirements\.txt|Pipfile|Cargo\.toml|go\.mod|pom\.xml|(?:build|settings)\.gradle(?:\.kts)?|build\.sbt|CMakeLists\.txt|(?:GNU)?[Mm]akefile|meson\.build|Gemfile|mix\.exs|pubspec\.ya?ml|Package\.swift|Dockerfile|(?:docker-)?compose\.ya?ml|flake\.nix|mkdocs\.ya?ml|.*\.(?:csproj|fsproj|vbproj|sln|xcodeproj|gemspec|cabal))$/;

/** JSON that says what it is: a configuration, a schema, a description of an API. */
const DESCRIBED =
  /^\s*\{\s*(?:"[^"]{1,40}"\s*:\s*"[^"]{0,200}"\s*,\s*){0,3}"(?:\$schema|\$id|openapi|swagger|asyncapi)"\s*:/;

/** Whether a folder belongs to source code: it, or one above it that was given, looks like it. */
async function isSourceTree(folder: string, root: ImportRoot, seen: Map<string, boolean>): Promise<boolean> {
  const known = seen.get(folder);
  if (known !== undefined) return known;
  const names = await readdir(folder).catch(() => []);
  const isTop = folder === root.base || dirname(folder) === folder;
  const found =
    names.some((name) => PROJECT.test(name)) || (!isTop && (await isSourceTree(dirname(folder), root, seen)));
  seen.set(folder, found);
  return found;
}

/** What a service sends in place of an export that comes in parts. */
const MANIFEST = /^manifest-[\w-]+\.json$/i;

function outline(name: string, beginning: string): string {
  if (MANIFEST.test(name) && /"https?:\/\//.test(beginning))
    return 'a list of where the parts of an export are: download them, and import those';

  const keys = [...beginning.slice(0, 4096).matchAll(/"([\w$ .-]{1,40})"\s*:/g)].map(([, key]) => key);
  const first = [...new Set(keys)].slice(0, 5);
  return first.length === 0
    ? 'no export that is known'
    : `no export that is known; it begins with ${first.join(', ')}`;
}

/** A list without anything in it: what a service writes of which there is none. */
const NOTHING =
  /^\s*(?:\[\s*\]|\{\s*\}|null|\{\s*"conversations"\s*:\s*\[\s*\][^[{]*(?:\[\s*\][^[{]*)*\})\s*$/;

/** JSON that no format knows, outside of source code: what it means is not to be guessed, and as text it only gets in the way. */
export const unknownJson: Format = async ({ root, absolute, path, label, head, beginning }, _, state) => {
  if (!JSON_FILES.has(extensionOf(path)) || root.checkout !== null || DESCRIBED.test(beginning)) return null;
  return (await isSourceTree(dirname(absolute), root, state.sourceTrees))
    ? null
    : [
        NOTHING.test(beginning)
          ? skipped(label, 'empty', 'there is nothing in it')
          : skipped(
              label,
              'unknown_json',
              utf16Of(head) === null
                ? outline(basename(absolute), beginning)
                : 'JSON in UTF-16: save it as UTF-8, and import it again',
            ),
      ];
};
