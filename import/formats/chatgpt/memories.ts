import { createHash } from 'node:crypto';
import type { ConversationItem, MemoryItem } from '../../items.ts';
import { clipped } from '../json/values.ts';

/** What ChatGPT was told to remember in a conversation, or a list of all that it remembered at that time. */
interface Told {
  at: number;
  facts: string[];
  isWhole: boolean;
}

/** A line of the list: `1. [2025-04-01]. Plays the viola.` */
const LINE = /^\s*\d+\.\s*(?:\[[^\]]*\][.:]?\s*)?/;
/** What it is told to remember no more is nothing to remember. */
const FORGET = /^(?:please\s+)?(?:forget|delete|remove|no longer remember)\b/i;

function factsOf(list: string): string[] {
  const facts: string[] = [];
  for (const line of list.split('\n')) {
    if (LINE.test(line)) facts.push(line.replace(LINE, '').trim());
    else if (facts.length > 0) facts.push(`${facts.pop()}\n${line}`.trim());
    else if (line.trim() !== '') facts.push(line.trim());
  }
  return facts.filter((fact) => fact !== '');
}

function memoryOf(fact: string): MemoryItem {
  const hash = createHash('sha256').update(fact).digest('hex').slice(0, 16);
  return {
    kind: 'memory',
    source: `chatgpt:memory/${hash}`,
    subject: `ChatGPT: ${clipped(fact.replace(/\s+/g, ' '), 150)}`,
    content: clipped(fact, 2000),
    metadata: { importer: 'chatgpt' },
  };
}

/** What ChatGPT remembers, gathered from conversations, since an export has it nowhere else. */
export class ToldMemories {
  readonly #told: Told[] = [];

  /** Notes the calls of its memory (`bio`), and the lists that some conversations begin with. */
  note({ messages }: ConversationItem): void {
    for (const { content, createdAt, metadata, toolCalls } of messages) {
      const at = createdAt.getTime();
      if (metadata.content_type === 'model_editable_context')
        this.#told.push({ at, facts: factsOf(content), isWhole: true });
      else if (metadata.recipient === 'bio' && toolCalls.some(({ status }) => status === 'succeeded'))
        this.#told.push({ at, facts: [content.trim()], isWhole: false });
    }
  }

  /** The last list, and what came after it. */
  items(): MemoryItem[] {
    const told = this.#told.toSorted((a, b) => a.at - b.at);
    const last = told.findLastIndex(({ isWhole }) => isWhole);
    const facts = told.slice(Math.max(0, last)).flatMap((each) => each.facts);
    return [...new Set(facts)].filter((fact) => !FORGET.test(fact)).map(memoryOf);
  }
}
