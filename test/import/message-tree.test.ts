import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readConversation } from '../../import/formats/chatgpt/conversation.ts';
import { conversation, node } from './helpers.ts';

const NOW = new Date('2026-01-01T00:00:00Z');
const S = 1_700_000_000;

const time = fc.oneof(
  fc.double({ min: S - 1e6, max: S + 1e6, noNaN: true }),
  fc.constantFrom(null, 0, -1, 9e9, 'never', S),
);

/** Any tree, its nodes in any order in the file, some of them without text, the children lists sometimes wrong. */
const trees = fc
  .array(
    fc.record({ up: fc.nat(), blank: fc.integer({ min: 0, max: 4 }), time, key: fc.double({ noNaN: true }) }),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .chain((specs) =>
    fc.record({
      nodes: fc.constant(
        specs
          .map((spec, i) => {
            const parent = i === 0 || spec.up % 17 === 0 ? null : `n${spec.up % i}`;
            const text = spec.blank === 0 ? '' : spec.blank === 1 ? null : `text ${i}`;
            return { key: spec.key, node: node(`n${i}`, parent, text, spec.time) };
          })
          .sort((a, b) => a.key - b.key)
          .map(({ node }) => node),
      ),
      current: fc.integer({ min: -1, max: specs.length }).map((n) => `n${n}`),
      create_time: time,
      update_time: time,
    }),
  );

test('every tree keeps its messages, its shape and its order', () => {
  fc.assert(
    fc.property(trees, ({ nodes, current, create_time, update_time }) => {
      for (const each of nodes) {
        each.children = nodes.filter((other) => other.parent === each.id).map((other) => other.id);
      }
      const raw = conversation('c', nodes, { current_node: current, create_time, update_time });
      const item = readConversation(JSON.parse(JSON.stringify(raw)), 'c', NOW);
      const kept = nodes.filter((each) => each.message?.content.parts[0]);
      if (item.kind === 'skipped') {
        expect([item.reason, kept.length]).toEqual(['empty', 0]);
        return;
      }
      const byId = new Map(nodes.map((each) => [each.id, each]));
      const nearest = (id: string | null): string | null => {
        for (let at = id; at !== null; at = byId.get(at)?.parent ?? null)
          if (byId.get(at)?.message?.content.parts[0]) return at;
        return null;
      };
      expect(item.messages.map((m) => m.externalId).toSorted()).toEqual(
        kept.map((each) => each.id).toSorted(),
      );
      const times = new Map<string, number>();
      let previous = item.createdAt.getTime();
      for (const message of item.messages) {
        const at = message.createdAt.getTime();
        const parent = nearest(byId.get(message.externalId)!.parent);
        expect(message.parentExternalId).toBe(parent);
        expect(message.content).toBe(byId.get(message.externalId)!.message!.content.parts[0]);
        // Parents first, strictly later than the parent and the conversation, in order of time, never in the future.
        if (parent !== null) expect(times.get(parent)).toBeLessThan(at);
        expect(at).toBeGreaterThan(item.createdAt.getTime());
        expect(at).toBeGreaterThanOrEqual(previous);
        expect(at).toBeLessThanOrEqual(NOW.getTime());
        times.set(message.externalId, at);
        previous = at;
      }
      expect(item.updatedAt.getTime()).toBeGreaterThanOrEqual(previous);
      expect(times.has(item.currentLeaf)).toBe(true);
      if (nearest(byId.has(current) ? current : null)) expect(item.currentLeaf).toBe(nearest(current));
    }),
    { numRuns: 500 },
  );
});

test('a tree does not depend on its children lists, except for the order of equals', () => {
  fc.assert(
    fc.property(trees, fc.array(fc.string(), { maxLength: 5 }), ({ nodes }, junk) => {
      const plain = readConversation(conversation('c', nodes), 'c', NOW);
      const wrong = nodes.map((each) => ({ ...each, children: [...junk, each.id, 'n0'] }));
      const other = readConversation(conversation('c', wrong), 'c', NOW);
      const shape = (item: typeof plain) =>
        item.kind === 'conversation'
          ? item.messages.map((m) => [m.externalId, m.parentExternalId, m.createdAt]).sort()
          : item.reason;
      expect(shape(other)).toEqual(shape(plain));
    }),
  );
});

test('anything at all is a conversation or a reason', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (mapping, junk) => {
      for (const value of [
        junk,
        { mapping: junk },
        { mapping, title: junk, create_time: junk, current_node: junk },
      ]) {
        expect(['conversation', 'skipped']).toContain(readConversation(value, 'x', NOW).kind);
      }
      const message = { author: junk, content: junk, metadata: junk, create_time: junk };
      for (const type of ['text', 'code', 'thoughts', 'multimodal_text', 'tether_quote']) {
        const content = {
          content_type: type,
          parts: [junk, { content_type: 'image_asset_pointer', asset_pointer: junk }],
          text: junk,
          thoughts: [junk],
        };
        readConversation({ mapping: { a: { parent: null, message: { ...message, content } } } }, 'x', NOW);
      }
    }),
  );
});
