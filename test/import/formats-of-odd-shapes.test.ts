import { describe, expect, test } from 'vitest';
import { sized } from '../support/limits.ts';
import { makeFolder, readAll } from './helpers.ts';

/** What a field may be one day that was something else. */
const ODD: unknown[] = [[null, 'x'], 7, { text: { text: 1 } }, null, '', 'text', [], {}, true].slice(
  0,
  sized(3, 9),
);

/** The value with each of its parts replaced by each odd one in turn. */
function* variants(value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, part] of Object.entries(value)) {
    const replaced = (other: unknown) =>
      Array.isArray(value)
        ? value.map((item, i) => (String(i) === key ? other : item))
        : { ...value, [key]: other };
    for (const odd of ODD) yield replaced(odd);
    for (const inner of variants(part)) yield replaced(inner);
  }
}

const at = '2026-01-02T03:04:05Z';
const samples: Record<string, { name: string; value: unknown[]; write: (value: unknown) => string }> = {
  'Claude Code': {
    name: 'jsonl',
    write: (value) => (value as unknown[]).map((line) => JSON.stringify(line)).join('\n'),
    value: [
      {
        parentUuid: null,
        isSidechain: false,
        sessionId: 's',
        cwd: '/a',
        type: 'user',
        uuid: 'u',
        timestamp: at,
        message: {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image', source: { type: 'base64', data: 'QQ==' } },
          ],
        },
      },
      {
        parentUuid: 'u',
        isSidechain: true,
        agentId: 'b',
        sessionId: 's',
        type: 'assistant',
        uuid: 'v',
        timestamp: at,
        message: {
          id: 'm',
          model: 'x',
          content: [
            { type: 'thinking', thinking: 't' },
            { type: 'tool_use', id: 'c', name: 'n', input: { a: 1 } },
          ],
        },
      },
      {
        parentUuid: 'v',
        sessionId: 's',
        type: 'user',
        uuid: 'w',
        message: {
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'c',
              content: [{ type: 'text', text: 'r' }],
              is_error: false,
            },
          ],
        },
      },
      { type: 'summary', summary: 'S', leafUuid: 'u' },
    ],
  },
  Codex: {
    name: 'jsonl',
    write: (value) => (value as unknown[]).map((line) => JSON.stringify(line)).join('\n'),
    value: [
      {
        timestamp: at,
        type: 'session_meta',
        payload: {
          id: 's',
          timestamp: at,
          cwd: '/a',
          source: { subagent: { thread_spawn: { parent_thread_id: 'p' } } },
          git: { branch: 'b' },
        },
      },
      {
        timestamp: at,
        type: 'response_item',
        payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'a' }] },
      },
      {
        timestamp: at,
        type: 'response_item',
        payload: { type: 'reasoning', summary: [{ type: 'summary_text', text: 't' }], content: null },
      },
      {
        timestamp: at,
        type: 'response_item',
        payload: { type: 'function_call', name: 'n', arguments: '{}', call_id: 'c' },
      },
      {
        timestamp: at,
        type: 'response_item',
        payload: {
          type: 'function_call_output',
          call_id: 'c',
          output: { content: [{ text: 'r' }], metadata: { exit_code: 0 } },
        },
      },
      { timestamp: at, type: 'event_msg', payload: { type: 'user_message', message: 'a' } },
    ],
  },
  'Open WebUI': {
    name: 'json',
    write: JSON.stringify,
    value: [
      {
        id: 'w',
        title: 'T',
        created_at: 1_755_000_000,
        meta: { tags: ['t'] },
        chat: {
          models: ['m'],
          params: { system: 's' },
          history: {
            currentId: 'b',
            messages: {
              a: {
                parentId: null,
                childrenIds: ['b'],
                role: 'user',
                content: 'a',
                timestamp: 1,
                files: [{ id: 'f', name: 'n', file: { data: { content: 'x' }, meta: { size: 1 } } }],
              },
              b: {
                parentId: 'a',
                role: 'assistant',
                content: 'b',
                output: [
                  { type: 'reasoning', content: [{ text: 't' }] },
                  { type: 'function_call', call_id: 'c', name: 'n', arguments: '{}' },
                  { type: 'function_call_output', call_id: 'c', output: [{ text: 'r' }] },
                ],
                annotation: { rating: 1, comment: 'c' },
                sources: [{ source: { name: 'n', url: 'https://a.org' }, metadata: [{ source: 'x' }] }],
                error: { content: 'e' },
              },
            },
          },
        },
      },
    ],
  },
  LibreChat: {
    name: 'json',
    write: JSON.stringify,
    value: [
      {
        conversationId: 'l',
        title: 'T',
        exportAt: 'x',
        options: { model: 'm', promptPrefix: 'p' },
        messages: [
          {
            messageId: 'a',
            parentMessageId: null,
            isCreatedByUser: true,
            text: 'a',
            createdAt: at,
            files: [{ file_id: 'f', filename: 'n', bytes: 1 }],
          },
          {
            messageId: 'b',
            parentMessageId: 'a',
            isCreatedByUser: false,
            content: [
              { type: 'think', think: 't' },
              { type: 'text', text: { value: 'b' } },
              { type: 'tool_call', tool_call: { name: 'n', args: '{}', output: 'o' } },
            ],
            feedback: { rating: 'thumbsUp', tag: { key: 'k' } },
            children: [{ messageId: 'c', text: 'c' }],
          },
        ],
      },
    ],
  },
  Gemini: {
    name: 'json',
    write: JSON.stringify,
    value: [
      {
        header: 'Gemini Apps',
        title: 'Prompted a',
        time: at,
        products: ['Gemini Apps'],
        safeHtmlItem: [{ html: '<p>b</p>' }],
        subtitles: [{ name: 's' }],
        attachedFiles: ['f'],
        imageFile: 'g',
        titleUrl: 'u',
      },
    ],
  },
  Discord: {
    name: 'json',
    write: (value) => JSON.stringify((value as unknown[])[0]),
    value: [
      {
        guild: { id: '1', name: 'g' },
        channel: { id: '2', name: 'c' },
        messages: [
          { id: '3', type: 'Default', timestamp: at, content: 'a', author: { name: 'n', nickname: 'm' } },
        ],
      },
    ],
  },
};

describe('an export of another shape than today', () => {
  test.each(Object.entries(samples))('of %s costs only what is odd', async (_, { name, value, write }) => {
    const all = [value, ...variants(value)];
    const files = Object.fromEntries(
      all.map((each, i) => [`${String(i).padStart(5, '0')}.${name}`, write(each)]),
    );
    const folder = await makeFolder(files);
    const read = await readAll(folder);
    // The first is as it should be; none is lost without a word.
    expect(read.items[0]?.kind).not.toBe('skipped');
    expect(read.items.length).toBeGreaterThanOrEqual(all.filter((each) => write(each) !== '').length);
    for (const { messages } of read.conversations) {
      const known = new Map(messages.map((message) => [message.externalId, message]));
      for (const { parentExternalId, createdAt } of messages) {
        if (parentExternalId === null) continue;
        expect(known.get(parentExternalId)?.createdAt.getTime()).toBeLessThan(createdAt.getTime());
      }
    }
  });
});
