import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ConversationItem, DocumentItem, ImportItem } from '../../import/items.ts';
import type { ReadOptions } from '../../import/options.ts';
import { readPaths } from '../../import/read-paths.ts';
import type { SkippedItem } from '../../import/skipped.ts';

export type Content = string | Uint8Array;

/** A folder called `name` with these files in it, gone after the test. */
export async function makeFolder(files: Record<string, Content>, name = 'notes'): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'import-'));
  onTestFinished(() => rm(parent, { recursive: true, force: true }));
  const folder = join(parent, name);
  await mkdir(folder);
  await addFiles(folder, files);
  return folder;
}

export async function addFiles(folder: string, files: Record<string, Content>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

export interface Read {
  items: (ImportItem | SkippedItem)[];
  documents: DocumentItem[];
  conversations: ConversationItem[];
  skipped: SkippedItem[];
  /** `source: reason`, for short assertions. */
  reasons: string[];
}

export async function readAll(paths: string | string[], options: ReadOptions = {}): Promise<Read> {
  const items = await Array.fromAsync(readPaths([paths].flat(), options));
  const skipped = items.filter((item) => item.kind === 'skipped');
  return {
    items,
    documents: items.filter((item) => item.kind === 'document'),
    conversations: items.filter((item) => item.kind === 'conversation'),
    skipped,
    reasons: skipped.map((item) => `${item.source}: ${item.reason}`),
  };
}

/** A node of a ChatGPT export. */
export function node(id: string, parent: string | null, text: string | null, time: unknown = null) {
  return {
    id,
    parent,
    children: [] as string[],
    message:
      text === null
        ? null
        : {
            id,
            author: { role: 'user' },
            create_time: time,
            content: { content_type: 'text', parts: [text] },
          },
  };
}

/** A conversation of a ChatGPT export. */
export function conversation(
  id: string,
  nodes: ReturnType<typeof node>[],
  extra: Record<string, unknown> = {},
) {
  return {
    title: `Talk ${id}`,
    create_time: 1_700_000_000,
    update_time: 1_700_000_500,
    mapping: Object.fromEntries(nodes.map((each) => [each.id, each])),
    current_node: nodes.at(-1)?.id ?? null,
    conversation_id: id,
    ...extra,
  };
}
