import type { Cleaned } from '../../../lib/storable.ts';
import type { ConversationItem, ToolCallItem } from '../../items.ts';
import type { SkippedItem } from '../../skipped.ts';
import { buildPrepared, type PreparedMessage, titleFrom } from '../conversations/prepared.ts';
import { asObject, asString, shortString } from '../json/values.ts';
import { callsOf, readRecord, type SessionFile, type SessionRecord, takeAnswers } from './lines.ts';

/** The records of what one agent did; those of the main one come first. */
interface Chain {
  /** Null for the session itself. */
  agent: string | null;
  records: SessionRecord[];
}

/** A subagent has an id, or, in older logs, only a first message that follows none. */
function chainsOf(records: SessionRecord[]): Chain[] {
  const chains = new Map<string | null, SessionRecord[]>([[null, []]]);
  const rootOf = new Map<string, string>();
  for (const record of records) {
    const { uuid, parent, agentId, isSidechain } = record;
    const root = (parent === null ? undefined : rootOf.get(parent)) ?? uuid;
    if (isSidechain) rootOf.set(uuid, root);
    const agent = isSidechain ? (agentId === null ? root : `agent-${agentId}`) : null;
    const known = chains.get(agent);
    if (known === undefined) chains.set(agent, [record]);
    else known.push(record);
  }
  return [...chains]
    .map(([agent, list]) => ({ agent, records: list }))
    .filter((chain) => chain.records.length > 0);
}

/**
 * The messages of a chain. An answer of the model is written in several lines of one `message.id`, which become one message; lines
 * that say nothing are left out, and what followed them follows what they followed.
 */
function messagesOf(records: SessionRecord[], path: string): PreparedMessage[] {
  const parents = new Map(records.map(({ uuid, parent }) => [uuid, parent]));
  const standsFor = new Map<string, string>();
  const answers = new Map<string, PreparedMessage>();
  const open = new Map<string, ToolCallItem>();
  const messages: PreparedMessage[] = [];
  for (const record of records) {
    takeAnswers(record, open);
    const read = readRecord(record, path);
    if (read === null) continue;
    const id = record.value.type === 'assistant' ? asString(asObject(record.value.message).id) : null;
    const known = id === null ? undefined : answers.get(id);
    const message = known ?? read;
    if (known !== undefined && known.id !== read.id) {
      known.text = [known.text, read.text].filter((text) => text !== '').join('\n\n');
      known.thinking.push(...read.thinking);
    } else if (known !== undefined) continue;
    const calls = callsOf(record, message.toolCalls.length + 1);
    message.toolCalls.push(...calls.values());
    for (const [key, call] of calls) open.set(key, call);
    if (
      known === undefined &&
      read.text === '' &&
      calls.size === 0 &&
      read.thinking.length === 0 &&
      read.attachments.length === 0
    )
      continue;
    standsFor.set(record.uuid, message.id);
    if (known !== undefined) continue;
    if (id !== null) answers.set(id, message);
    messages.push(message);
  }
  return messages.map((message) => ({ ...message, parent: keptAbove(message, parents, standsFor) }));
}

/** The nearest message above that was kept; an id that is not in the file stays. */
function keptAbove(
  { id, parent }: PreparedMessage,
  parents: Map<string, string | null>,
  standsFor: Map<string, string>,
): string | null {
  const passed = new Set<string>();
  let at = parent;
  while (at !== null && !passed.has(at)) {
    passed.add(at);
    const kept = standsFor.get(at);
    if (kept !== undefined && kept !== id) return kept;
    const above = parents.get(at);
    if (above === undefined) return at;
    at = above;
  }
  return null;
}

function titleOf(
  { titles }: SessionFile,
  { agent, records }: Chain,
  messages: PreparedMessage[],
  elsewhere: Map<string, string>,
): string {
  const asked = messages.find(({ role, text }) => role === 'user' && text !== '' && !text.startsWith('/'));
  const first =
    titleFrom((asked ?? messages.find(({ role }) => role !== 'system') ?? messages[0])?.text ?? '') ||
    'Untitled';
  if (agent !== null) return first;
  const summarised =
    records.findLast(({ uuid }) => titles.summaries.has(uuid) || elsewhere.has(uuid))?.uuid ?? '';
  return (
    titles.custom ??
    titles.generated ??
    titles.summaries.get(summarised) ??
    elsewhere.get(summarised) ??
    first
  );
}

/** The session of a file and those of its subagents, each a conversation. */
export function conversationsOf(
  session: SessionFile,
  facts: { id: string; label: string; path: string; elsewhere: Map<string, string>; cleaned: Cleaned },
  now: Date,
): (ConversationItem | SkippedItem)[] {
  const { id: named, label, path, elsewhere, cleaned } = facts;
  return chainsOf(session.records).map((chain) => {
    const { agent, records } = chain;
    const messages = messagesOf(records, path);
    const ids = new Set(records.map(({ sessionId }) => sessionId).filter((id) => id !== null));
    // A log is called after its session; the first line may be of the one that it goes on from.
    const sessionId = ids.has(named) ? named : ([...ids][0] ?? named);
    const { cwd, gitBranch, version } = records.findLast(({ value }) => value.cwd !== undefined)?.value ?? {};
    return buildPrepared(
      {
        importer: 'claude-code',
        id: agent === null ? sessionId : `${sessionId}/${agent}`,
        title: titleOf(session, chain, messages, elsewhere),
        place: label,
        messages,
        metadata: {
          cwd: asString(cwd),
          git_branch: shortString(gitBranch),
          version: shortString(version),
          subagent_of: agent === null ? null : `claude-code:${sessionId}`,
        },
        cleaned,
      },
      now,
    );
  });
}
