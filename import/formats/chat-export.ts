import { basename, dirname, join } from 'node:path';
import type { ConversationItem, ImportItem } from '../items.ts';
import type { ReadSettings } from '../options.ts';
import type { SkippedItem } from '../skipped.ts';
import { readConversation as readChatgptConversation } from './chatgpt/conversation.ts';
import { readExportFolder } from './chatgpt/folder.ts';
import { readConversation as readClaudeConversation } from './claude/conversation.ts';
import { readMemories } from './claude/memories.ts';
import { readProjects } from './claude/projects.ts';
import { assetsLeft, assetsOf } from './conversations/assets.ts';
import { onlyOnce } from './conversations/only-once.ts';
import type { Format } from './format.ts';
import { readJsonArray } from './json/read-array.ts';
import type { ChatExportState } from './read-state.ts';

export type ChatExportKind = 'chatgpt' | 'claude' | 'claude_projects' | 'claude_memories';

/** What else exports contain: a second copy of the conversations, the account, and records about them. */
const EXTRAS =
  /^(?:chat\.html|users?(?:_settings)?\.json|library_files\.json|message_feedback\.json|model_comparisons\.json|shared_conversations\.json|group_chats\.json|shopping\.json|sora\.json|export_manifest\.json|conversation_asset_file_names\.json|prod-mc-[\w-]+\.json)$/;

const EXPORT_NAME = /^conversations(?:-\d+)?\.json$/;

/** Whether a file has the name that the conversations of an export have. */
export function isChatExport(name: string): boolean {
  return EXPORT_NAME.test(name) || name === 'prod-grok-backend.json';
}

/** Whether a file lying beside `conversations.json` belongs to the export and holds nothing of its own to import. */
export function isChatExportExtra(name: string): boolean {
  return EXTRAS.test(name);
}

/**
 * Which export JSON begins like: a list of conversations, or a single one. The name decides only when the beginning
 * is too broken to tell, so that a damaged export is reported and not stored as a document.
 */
export function chatExportKind(head: string, name: string): ChatExportKind | null {
  const text = head.replace(/^\ufeff/, '').trimStart();
  if (!/^(?:\[\s*\{|\{|\[\s*$|\[\s*\])/.test(text)) return null;
  if (/"mapping"\s*:\s*\{/.test(text) && /"(?:current_node|create_time|conversation_id)"\s*:/.test(text))
    return 'chatgpt';
  const hasUuid = /"uuid"\s*:/.test(text);
  if (hasUuid && /"chat_messages"\s*:/.test(text)) return 'claude';
  if (hasUuid && /"docs"\s*:/.test(text) && /"(?:prompt_template|is_starter_project)"\s*:/.test(text))
    return 'claude_projects';
  if (
    /"conversations_memory"\s*:/.test(text) ||
    (/"project_memories"\s*:/.test(text) && /"account_uuid"\s*:/.test(text))
  )
    return 'claude_memories';
  if (!EXPORT_NAME.test(name)) return null;
  if (/^\[\s*\{\s*"uuid"/.test(text)) return 'claude';
  return /^\[\s*(?:\{\s*(?:"(?:title|id|conversation_id|create_time)"|$)|$)/.test(text) ? 'chatgpt' : null;
}

async function* readConversations(
  file: { absolute: string; label: string },
  settings: ReadSettings,
  state: ChatExportState,
  read: (value: unknown, place: string) => ConversationItem | SkippedItem,
): AsyncGenerator<ConversationItem | SkippedItem> {
  const list = {
    ...file,
    noun: 'conversations',
    limit: settings.maxConversationBytes,
    onBytes: settings.onBytes,
  };
  for await (const item of readJsonArray(list, read)) yield onlyOnce(item, file.label, state);
}

/** Everything an export's file gives. */
async function* readChatExport(
  kind: ChatExportKind,
  file: { absolute: string; label: string },
  settings: ReadSettings,
  state: ChatExportState,
): AsyncGenerator<ImportItem | SkippedItem> {
  const { now } = settings;
  if (kind === 'claude_memories') {
    yield* readMemories(file, settings);
  } else if (kind === 'claude_projects') {
    yield* readProjects(file, settings);
  } else if (kind === 'claude') {
    yield* readConversations(file, settings, state, (value, place) =>
      readClaudeConversation(value, place, now),
    );
  } else {
    const key = dirname(file.absolute);
    let folder = state.folders.get(key);
    if (folder === undefined) {
      folder = await readExportFolder(file.absolute, file.label, now);
      state.folders.set(key, folder);
      for (const path of folder.paths()) state.claimed.add(join(key, path));
      yield* folder.problems;
    }
    const beside = folder;
    for await (const item of readConversations(file, settings, state, (value, place) =>
      readChatgptConversation(value, place, now, beside),
    )) {
      yield item;
      if (item.kind !== 'conversation') continue;
      beside.memories.note(item);
      yield* assetsOf(item, key, settings);
    }
  }
}

/** What no conversation of the exports asked for. */
export async function* leftOfExports(
  state: ChatExportState,
  settings: ReadSettings,
): AsyncGenerator<ImportItem | SkippedItem> {
  for (const [path, folder] of state.folders) {
    yield* folder.memories.items();
    yield* folder.leftOver();
    yield* assetsLeft(folder.filesLeft(), { folder: path, importer: 'chatgpt' }, settings);
  }
}

/** An export of ChatGPT or Claude: its conversations, or its projects. */
export const chatExport: Format = ({ absolute, label, beginning }, settings, state) => {
  const kind = chatExportKind(beginning, basename(absolute));
  return kind === null ? null : readChatExport(kind, { absolute, label }, settings, state);
};
