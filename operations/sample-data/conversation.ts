import type { Passage, Passages } from './knowledge.ts';
import type { Writer } from './languages.ts';
import type { Populace } from './people.ts';
import { DAY, type Plan } from './plan.ts';
import { type Random, randomOf, uuidAt } from './random.ts';
import type { Tables } from './tables.ts';

/** Name, provider, and dollars for a million tokens that it reads and writes. */
const MODELS = [
  ['sample-large', 'sample', 3, 15],
  ['sample-small', 'sample', 0.25, 1.25],
  ['local-9b', 'local', 0, 0],
] as const;
const CHANNELS = ['api', 'web', 'web', 'web', 'slack', 'cli'];
const TOOLS = ['search_web', 'run_query', 'read_file', 'get_weather'];
const TOPICS = 300;
/** What a model reads of a long conversation. */
const MOST_CONTEXT = 8000;

export interface Maker {
  plan: Plan;
  populace: Populace;
  passages: Passages;
  writerOf: (random: Random) => Writer;
  embeddingVersion: string | null;
  tables: Tables;
}

/** What the messages of one conversation have in common while they are made. */
interface Thread {
  id: string;
  workspace: string;
  owner: string;
  readers: string[];
  model: (typeof MODELS)[number];
  topic: number;
  writer: Writer;
  random: Random;
  /** What its answers may cite. */
  citable: Passage[];
  /** End of the branch that is shown; null while there are no branches. */
  leaf: string | null;
  tokens: number;
}

function codeBlock({ writer, random, topic }: Thread): string {
  const name =
    writer.language === 'zh' ? `value${random.below(90)}` : writer.words(1, topic, random).toLowerCase();
  return `\n\n\`\`\`ts\nconst ${name} = await load({ id: ${random.below(9999)}, limit: ${10 * (1 + random.below(9))} });\nreturn ${name}.filter(Boolean);\n\`\`\``;
}

function addAnswerParts(message: string, at: number, thread: Thread, tables: Tables): void {
  const { random, id, workspace, owner, readers, writer, topic } = thread;
  if (random.chance(0.06)) {
    for (let position = 1 + random.below(2); position > 0; position--) {
      const hasFailed = random.chance(0.05);
      tables.tool_calls.add([
        uuidAt(at, random),
        workspace,
        id,
        message,
        position,
        random.pick(TOOLS),
        JSON.stringify({ query: writer.words(4, topic, random) }),
        hasFailed ? 'failed' : 'succeeded',
        hasFailed ? null : JSON.stringify({ found: random.below(50), text: writer.words(20, topic, random) }),
        hasFailed ? 'timed out' : null,
        Math.round(random.logNormal(400, 0.8)),
        new Date(at).toISOString(),
      ]);
    }
  }
  if (random.chance(0.1)) {
    const isGood = random.chance(0.8);
    const rating = isGood ? 4 + random.below(2) : 1 + random.below(2);
    tables.message_feedback.add([
      uuidAt(at + 1000, random),
      workspace,
      id,
      message,
      random.chance(0.8) ? owner : random.pick(readers),
      random.chance(0.05) ? 'neutral' : isGood ? 'positive' : 'negative',
      random.chance(0.6) ? rating : null,
      random.chance(0.2) ? writer.words(3 + random.below(12), topic, random) : null,
      new Date(at + 1000).toISOString(),
    ]);
  }
}

/** The chunks that an answer used. Returns how well they fit. */
function addCitations(message: string, thread: Thread, { tables, embeddingVersion }: Maker): number | null {
  const { random, citable, workspace, id } = thread;
  if (citable.length === 0 || !random.chance(0.6)) return null;
  const first = random.below(citable.length);
  const count = Math.min(citable.length, 1 + random.below(5));
  let sum = 0;
  for (let rank = 1; rank <= count; rank++) {
    const similarity = 0.9 - 0.05 * rank - 0.2 * random.next();
    sum += similarity;
    const { chunk, passage } = citable[(first + rank) % citable.length]!;
    tables.message_chunks.add([
      workspace,
      id,
      message,
      chunk,
      passage,
      embeddingVersion,
      similarity.toFixed(4),
      (1 / (60 + rank)).toFixed(6),
      rank,
    ]);
  }
  return sum / count;
}

function addQuestion(
  id: string,
  sequence: number,
  replaced: string | null,
  parent: string | null,
  speaker: string,
  thread: Thread,
  tables: Tables,
): void {
  const { random, writer, topic } = thread;
  const text = writer.question(
    Math.min(600, Math.max(1, Math.round(random.logNormal(25, 0.9)))),
    topic,
    random,
  );
  const attachments = random.chance(0.01)
    ? JSON.stringify([
        {
          name: `${writer.words(1, topic, random)}.png`,
          mime_type: 'image/png',
          size: 1000 + random.below(900_000),
        },
      ])
    : null;
  thread.tokens += Math.ceil(text.length / 4);
  tables.messages.add([
    id,
    thread.id,
    thread.workspace,
    thread.owner,
    speaker,
    sequence,
    'user',
    parent,
    replaced,
    text,
    null,
    attachments,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    null,
    '{}',
  ]);
}

function addAnswer(
  id: string,
  sequence: number,
  parent: string | null,
  speaker: string,
  at: number,
  thread: Thread,
  maker: Maker,
): void {
  const { random, writer, topic, model } = thread;
  const { tables } = maker;
  let text = writer.text(Math.min(1200, Math.max(1, Math.round(random.logNormal(90, 0.8)))), topic, random);
  if (random.chance(0.08)) text += codeBlock(thread);
  const [name, provider, priceRead, priceWritten] = model;
  const written = Math.ceil(text.length / 4);
  const read = Math.min(MOST_CONTEXT, thread.tokens) + 120;
  thread.tokens += written;
  const cost = ((read * priceRead + written * priceWritten) / 1e6).toFixed(6);
  const relevance = addCitations(id, thread, maker);
  const parts = random.chance(0.03) ? JSON.stringify([{ type: 'text', text }]) : null;
  tables.messages.add([
    id,
    thread.id,
    thread.workspace,
    thread.owner,
    null,
    sequence,
    'assistant',
    parent,
    null,
    text,
    parts,
    null,
    provider,
    name,
    read,
    written,
    read + written,
    cost,
    Math.round(random.logNormal(900, 0.6) + written * 8),
    relevance === null ? null : relevance.toFixed(4),
    relevance === null ? null : maker.embeddingVersion,
    '{}',
  ]);
  addAnswerParts(id, at, thread, tables);
  tables.usage_logs.add([
    uuidAt(at, random),
    thread.workspace,
    speaker,
    thread.id,
    id,
    'message',
    provider,
    name,
    read,
    written,
    read + written,
    cost,
  ]);
}

/** Questions and answers in turn, a system prompt before some, and now and then a question that is asked in other words: a branch. */
function addMessages(size: number, timeOf: (sequence: number) => number, thread: Thread, maker: Maker): void {
  const { random } = thread;
  const hasSystem = size > 2 && random.chance(0.1);
  let speaker = thread.owner;
  let before: string | null = null;
  let beforeQuestion: string | null = null;
  let question: string | null = null;
  let isAnswer = false;
  for (let sequence = 1; sequence <= size; sequence++) {
    const at = timeOf(sequence);
    const id = uuidAt(at, random);
    if (sequence === 1 && hasSystem) {
      const text = thread.writer.text(30, thread.topic, random);
      maker.tables.messages.add([
        id,
        thread.id,
        thread.workspace,
        thread.owner,
        null,
        1,
        'system',
        null,
        null,
        text,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        '{}',
      ]);
    } else if (isAnswer) {
      addAnswer(id, sequence, thread.leaf, speaker, at, thread, maker);
      isAnswer = false;
    } else {
      const isEdit = beforeQuestion !== null && question !== null && random.chance(0.03);
      if (!isEdit) beforeQuestion = before;
      if (thread.readers.length > 1 && random.chance(0.3)) speaker = random.pick(thread.readers);
      addQuestion(
        id,
        sequence,
        isEdit ? question : null,
        isEdit ? beforeQuestion : thread.leaf,
        speaker,
        thread,
        maker.tables,
      );
      if (isEdit) thread.leaf = id;
      question = id;
      isAnswer = true;
    }
    if (thread.leaf !== null) thread.leaf = id;
    before = id;
  }
}

/** Puts the rows of the conversation of this number into the tables. Always the same ones. Returns its id. */
export function makeConversation(number: number, maker: Maker): string {
  const { plan, populace, tables } = maker;
  const size = plan.sizes[number]!;
  const start = plan.starts[number]!;
  const random = randomOf(plan.size.seed, number);
  const id = uuidAt(start, random);
  const workspace = populace.workspaceOf(random);
  const owner = random.pick(workspace.members);
  const isShared = workspace.isShared && random.chance(0.4);
  const usesDocuments = random.chance(0.4);
  const writer = maker.writerOf(random);
  const lasts = random.chance(0.05) ? 120 * DAY * random.next() : 2 * DAY * random.next() ** 2;
  const span = Math.min(lasts, plan.size.until - start - 3_000_000);
  const timeOf = (sequence: number): number =>
    Math.floor(start + 1000 + (span * sequence) / size) + sequence * 2;
  const thread: Thread = {
    id,
    workspace: workspace.id,
    owner,
    readers: isShared ? workspace.members : [owner],
    model: random.pick(MODELS),
    topic: random.below(TOPICS),
    writer,
    random,
    leaf: null,
    tokens: 0,
    citable: usesDocuments
      ? (maker.passages.get(workspace.id) ?? []).filter((one) => one.owner === owner || one.isShared)
      : [],
  };
  addMessages(size, timeOf, thread, maker);
  const ended = new Date(timeOf(size)).toISOString();
  tables.conversations.add([
    id,
    workspace.id,
    owner,
    isShared ? 'workspace' : 'private',
    writer.words(2 + random.below(6), thread.topic, random),
    random.pick(CHANNELS),
    thread.model[1],
    thread.model[0],
    random.chance(0.3) ? (random.next() * 1.5).toFixed(2) : null,
    usesDocuments,
    random.chance(0.1),
    random.chance(0.05),
    random.chance(0.02) ? ended : null,
    thread.leaf,
    thread.leaf,
    Math.max(1000, size),
    '{"sample": true}',
    new Date(start).toISOString(),
    ended,
  ]);
  return id;
}
