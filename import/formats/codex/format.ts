import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type Cleaned, cleanJson, nothingCleaned } from '../../../lib/storable.ts';
import type { ConversationItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { onlyOnce } from '../conversations/only-once.ts';
import { buildPrepared, titleFrom } from '../conversations/prepared.ts';
import type { Format, OpenedFile } from '../format.ts';
import { readJsonLines } from '../json/read-lines.ts';
import { asArray, asObject, asString, isObject, type JsonObject, shortString } from '../json/values.ts';
import type { ReadState } from '../read-state.ts';
import { emptyRollout, type Rollout, takeLine } from './items.ts';

/** The log of a session: its description first, or a line that only such a log has. */
const ROLLOUT =
  /^\{[^\n]*"type"\s*:\s*"(?:session_meta|response_item|turn_context|event_msg)"[^\n]*"payload"\s*:|^\{\s*"id"\s*:\s*"[^"]+"\s*,\s*"timestamp"\s*:\s*"[^"]+"\s*,\s*"(?:instructions|git)"/;
/** The first form of all: one object. */
const WHOLE = /^\{\s*"session"\s*:\s*\{[\s\S]*"items"\s*:\s*\[/;

function conversationOf(
  rollout: Rollout,
  { absolute, label }: OpenedFile,
  cleaned: Cleaned,
  now: Date,
): ConversationItem | SkippedItem {
  const { meta, messages, events, title: named } = rollout;
  const said = messages.some(({ role }) => role !== 'system') ? messages : [...messages, ...events];
  const asked = said.find(({ role }) => role === 'user') ?? said.find(({ role }) => role === 'assistant');
  const git = asObject(meta.git);
  const spawn = asObject(asObject(asObject(meta.source).subagent).thread_spawn);
  const parent = asString(spawn.parent_thread_id) ?? asString(meta.parent_thread_id);
  const forked = asString(meta.forked_from_id);
  return buildPrepared(
    {
      importer: 'codex',
      id: asString(meta.id) ?? asString(meta.session_id) ?? basename(absolute).replace(/\.jsonl?$/, ''),
      title: (named ?? titleFrom(asked?.text ?? '')) || 'Untitled',
      place: label,
      createdAt: meta.timestamp,
      messages: said,
      metadata: {
        cwd: asString(meta.cwd),
        git_branch: shortString(git.branch),
        git_commit: shortString(git.commit_hash),
        version: shortString(meta.cli_version),
        originator: shortString(meta.originator),
        subagent_of: parent === null ? null : `codex:${parent}`,
        forked_from: forked === null ? null : `codex:${forked}`,
      },
      cleaned,
    },
    now,
  );
}

async function* readRollout(
  file: OpenedFile,
  settings: ReadSettings,
  state: ReadState,
): AsyncGenerator<ConversationItem | SkippedItem> {
  const { absolute, label } = file;
  const cleaned = nothingCleaned();
  const rollout = emptyRollout();
  const limit = settings.maxConversationBytes;
  let kept = 0;
  for await (const line of readJsonLines({ absolute, label, limit, onBytes: settings.onBytes, cleaned })) {
    if ('kind' in line) {
      yield line;
      continue;
    }
    kept += line.size;
    if (kept > limit) {
      yield skipped(label, 'too_large', `one session of more than ${limit} bytes`);
      return;
    }
    takeLine(rollout, line.value, line.number);
  }
  yield onlyOnce(conversationOf(rollout, file, cleaned, settings.now), label, state);
}

/** The one object of the first form. */
async function readWhole(
  file: OpenedFile,
  settings: ReadSettings,
  state: ReadState,
): Promise<ConversationItem | SkippedItem> {
  const { absolute, label, size } = file;
  if (size > settings.maxConversationBytes)
    return skipped(label, 'too_large', `one session of ${size} bytes`);
  const cleaned = nothingCleaned();
  let value: JsonObject;
  try {
    value = asObject(cleanJson(JSON.parse(await readFile(absolute, 'utf8')), { cleaned, maxDepth: 200 }));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    return skipped(label, 'broken_json', error.message);
  }
  const rollout = emptyRollout();
  rollout.meta = asObject(value.session);
  for (const [i, item] of asArray(value.items).filter(isObject).entries()) takeLine(rollout, item, i + 2);
  return onlyOnce(conversationOf(rollout, file, cleaned, settings.now), label, state);
}

/** A session log of Codex: `rollout-….jsonl`, and its first form in one object. */
export const codex: Format = async (file, settings, state) => {
  if (ROLLOUT.test(file.beginning)) return readRollout(file, settings, state);
  return WHOLE.test(file.beginning) ? [await readWhole(file, settings, state)] : null;
};
