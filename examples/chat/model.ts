import { MockLanguageModelV4 } from 'ai/test';

/** How the instructions have a passage: its number and title, then its text. */
const PASSAGE = /^\[(\d+)\] [^\n]*\n(.*)$/s;
const OPENINGS = ['As it is written', 'In other words', 'What I can find'];

const wordsOf = (text: string): Set<string> => new Set(text.toLowerCase().match(/\p{L}{3,}/gu));

/** The sentence of the passages that has most words of the question, behind it the number of its passage. */
function answerTo(question: string, instructions: string): string {
  const asked = wordsOf(question);
  const sentences = instructions.split(/\n\n(?=\[\d+\] )/).flatMap((part) => {
    const [, number, text = ''] = PASSAGE.exec(part) ?? [];
    return text.split(/(?<=[.!?])\s+|\n+/).map((sentence) => ({
      sentence: sentence.trim(),
      number,
      shared: [...wordsOf(sentence)].filter((word) => asked.has(word)).length,
    }));
  });
  const best = sentences.sort((a, b) => b.shared - a.shared)[0];
  return best?.shared ? `${best.sentence} [${best.number}]` : 'I found nothing about that.';
}

const pauseOf = (milliseconds: number) => () =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/**
 * Stands for a language model, without a network: it quotes the passages that it is given, word by word, and begins otherwise each time.
 * `pause` is what it waits for before each word.
 */
export function scriptedModel(pause: () => Promise<void> = pauseOf(60)): MockLanguageModelV4 {
  let calls = 0;
  return new MockLanguageModelV4({
    provider: 'example',
    modelId: 'scripted',
    async doStream({ prompt, abortSignal }) {
      const instructions = prompt.find(({ role }) => role === 'system')?.content as string;
      const last = prompt.findLast(({ role }) => role === 'user')?.content as { text?: string }[];
      const question = last.map(({ text = '' }) => text).join(' ');
      const opening = OPENINGS[calls++ % OPENINGS.length];
      const words = `${opening}: ${answerTo(question, instructions)}`.split(/(?<= )/);
      const usage = {
        inputTokens: {
          total: instructions.length >> 2,
          noCache: undefined,
          cacheRead: undefined,
          cacheWrite: undefined,
        },
        outputTokens: { total: words.length, text: words.length, reasoning: undefined },
      };
      async function* parts() {
        yield { type: 'stream-start' as const, warnings: [] };
        yield { type: 'text-start' as const, id: 'text' };
        for (const delta of words) {
          await pause();
          abortSignal?.throwIfAborted();
          yield { type: 'text-delta' as const, id: 'text', delta };
        }
        yield { type: 'text-end' as const, id: 'text' };
        yield {
          type: 'finish' as const,
          usage,
          finishReason: { unified: 'stop' as const, raw: undefined },
        };
      }
      return { stream: ReadableStream.from(parts()) };
    },
  });
}
