import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nothingCleaned } from '../../../lib/storable.ts';
import { readHead } from '../../files/read-part.ts';
import type { ConversationItem, UploadItem } from '../../items.ts';
import type { ReadSettings } from '../../options.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import { onlyOnce } from '../conversations/only-once.ts';
import type { Format, OpenedFile } from '../format.ts';
import { readJsonLines } from '../json/read-lines.ts';
import type { ReadState } from '../read-state.ts';
import { dropBytes, emptySession, takeLine } from './lines.ts';
import { picturesOf } from './pictures.ts';
import { conversationsOf } from './session.ts';

/** The kinds of lines that only such a log has. */
const ABOUT =
  /^\{"(?:type"\s*:\s*"(?:file-history-snapshot|queue-operation|custom-title|ai-title|permission-mode|last-prompt|agent-name)"|parentUuid"\s*:)/;
const SUMMARY = /^\{\s*"type"\s*:\s*"summary"[^\n]*"leafUuid"\s*:/;

function isSession(beginning: string): boolean {
  const text = beginning.trimStart();
  if (!/^\{\s*"/.test(text)) return false;
  const isMessage =
    /"type"\s*:\s*"(?:user|assistant|system)"/.test(text) &&
    /"parentUuid"\s*:/.test(text) &&
    /"sessionId"\s*:/.test(text);
  return isMessage || SUMMARY.test(text) || ABOUT.test(text);
}

/** Summaries are written into whatever session is open later: they are at the beginnings of the files beside it. */
async function summariesBeside(absolute: string, state: ReadState): Promise<Map<string, string>> {
  const folder = dirname(absolute);
  const known = state.sessionTitles.get(folder);
  if (known !== undefined) return known;
  const found = new Map<string, string>();
  state.sessionTitles.set(folder, found);
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => each.endsWith('.jsonl')).sort()) {
    const head = await readHead(join(folder, name)).catch(() => Buffer.alloc(0));
    for (const line of head
      .toString('utf8')
      .split('\n')
      .filter((each) => SUMMARY.test(each))) {
      try {
        const { leafUuid, summary } = JSON.parse(line);
        if (typeof leafUuid === 'string' && typeof summary === 'string') found.set(leafUuid, summary);
      } catch (error) {
        // The last line may be cut off; a broken one is reported when its file is read.
        if (!(error instanceof SyntaxError)) throw error;
      }
    }
  }
  return found;
}

/** The session of a file, and what its subagents did. */
async function* readSession(
  file: OpenedFile,
  settings: ReadSettings,
  state: ReadState,
): AsyncGenerator<ConversationItem | UploadItem | SkippedItem> {
  const { absolute, label, path } = file;
  const cleaned = nothingCleaned();
  const session = emptySession();
  const limit = settings.maxConversationBytes;
  let kept = 0;
  for await (const line of readJsonLines({ absolute, label, limit, onBytes: settings.onBytes, cleaned })) {
    if ('kind' in line) yield line;
    else {
      kept += line.size - dropBytes(line.value);
      if (kept > limit) {
        yield skipped(label, 'too_large', `one session of more than ${limit} bytes`);
        return;
      }
      takeLine(session, line.value);
    }
  }
  if (session.records.length === 0) {
    yield skipped(label, 'empty', 'a session log without messages');
    return;
  }
  const elsewhere = await summariesBeside(absolute, state);
  const facts = { id: basename(absolute, '.jsonl'), label, path, elsewhere, cleaned };
  const read: ConversationItem[] = [];
  for (const item of conversationsOf(session, facts, settings.now).map((each) =>
    onlyOnce(each, label, state),
  )) {
    yield item;
    if (item.kind === 'conversation') read.push(item);
  }
  yield* picturesOf(file, read, settings);
}

/** A session log of Claude Code: one JSON object a line. */
export const claudeCode: Format = (file, settings, state) =>
  isSession(file.beginning) ? readSession(file, settings, state) : null;
