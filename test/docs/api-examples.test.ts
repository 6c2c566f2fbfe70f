import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, parse } from 'postgraphile/graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectFolder } from '../../lib/migrations.ts';
import { axis, codeOf, indexPassage, type Reply, startTestApi, type TestApi } from '../api/support.ts';
import { appOf, codeAt } from '../support/second-factor.ts';
import { describeReal } from '../support/server.ts';

interface Example {
  as: string;
  text: string;
  /** What the page shows of the answer. */
  answer: unknown;
}

/** The operations of docs/api.md that follow each other, with what the page says they answer. */
function examples(): Example[] {
  const page = readFileSync(join(projectFolder, 'docs/api.md'), 'utf8');
  return [...page.matchAll(/```graphql chat ?(\w*)\n(.*?)```(?:\n\n```json\n(.*?)```)?/gs)].map(
    ([, as, text, json]) => ({
      as: as!,
      text: text!,
      answer: json && JSON.parse(json),
    }),
  );
}

const nameOf = ({ text }: Example): string => /\b(?:mutation|query)\b[^{]*\{\s*(\w+)/s.exec(text)![1]!;

const variablesOf = (text: string): string[] =>
  parse(text).definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION
      ? (definition.variableDefinitions ?? []).map(({ variable }) => variable.name.value)
      : [],
  );

describeReal('docs/api.md', () => {
  const all = examples();
  const known = new Map<string, string>();
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi({ embedQuery: async () => new Float32Array(axis(3)) });
  });
  afterAll(() => api?.close());

  /** Compares an answer with what the page shows of it, and takes down what it calls by a name. */
  function compare(shown: unknown, given: unknown, where: string): void {
    if (typeof shown === 'string' && shown.startsWith('$')) {
      const name = shown.slice(1);
      expect(given, where).toEqual(expect.stringMatching(/./));
      if (known.has(name) && name !== 'token') expect(given, where).toBe(known.get(name));
      known.set(name, given as string);
    } else if (shown === '…') {
      expect(given, where).toEqual(expect.stringMatching(/./));
    } else if (typeof shown === 'object' && shown !== null) {
      if (Array.isArray(shown)) expect(given, where).toHaveLength(shown.length);
      for (const [key, value] of Object.entries(shown))
        compare(value, (given as Record<string, unknown> | undefined)?.[key], `${where}.${key}`);
    } else {
      expect(given, where).toEqual(shown);
    }
  }

  /** What is not in an answer, but in the mail, the app or the error. */
  async function complete(name: string, reply: Reply): Promise<void> {
    if (name === 'addSecondFactor') known.set('code', codeAt(appOf(known.get('uri')!)));
    if (name === 'createDocument')
      await indexPassage(
        api,
        known.get('workspace')!,
        known.get('document')!,
        'Assam is strong and malty.',
        axis(3),
      );
    if (name === 'remember') {
      const content = 'Grace takes her tea without sugar.';
      const chunk = { chunk_index: 0, content, start_offset: 0, end_offset: content.length, token_count: 7 };
      await api.database.pool('worker').query(
        `select app_hidden.replace_memory_chunks($1::uuid, $2::uuid,
          (select m.content_hash from app_public.memory_items m where m.id = $2::uuid), $3::jsonb)`,
        [known.get('workspace'), known.get('memory'), JSON.stringify([chunk])],
      );
    }
    if (name !== 'confirmSecondFactor') return;
    known.set('recovery', reply.data.confirmSecondFactor.recoveryCodes[0]);
    const refused = await api.ask(
      'mutation { signIn(input: { email: "grace@example.org", password: "a compiler for all" }) { authentication { token } } }',
    );
    expect(codeOf(refused)).toBe('CQ140');
    known.set('challenge', (refused.errors[0]!.extensions as { challenge?: string }).challenge!);
  }

  it('shows what a chat needs', () => {
    expect(all.map(nameOf)).toEqual(
      expect.arrayContaining([
        ...[
          'register',
          'signIn',
          'confirmSignIn',
          'startConversation',
          'postMessage',
          'conversations',
          'recordTurn',
        ],
        ...[
          'giveFeedback',
          'explainAnswer',
          'search',
          'createDocument',
          'remember',
          'recall',
          'shareConversation',
        ],
        ...[
          'readSharedConversation',
          'editMessage',
          'regenerateAnswer',
          'createApiKey',
          'inviteMember',
          'ingestEvent',
        ],
      ]),
    );
  });

  it.each(all.map((example, place) => ({ name: nameOf(example), place: place + 1, example })))(
    '$place: $name answers as it says',
    async ({ name, example }) => {
      const variables = Object.fromEntries(
        variablesOf(example.text).map((variable) => {
          expect([...known.keys()], `nothing before gives $${variable}`).toContain(variable);
          return [variable, known.get(variable)];
        }),
      );
      const reply = await api.ask(example.text, variables, {
        token: example.as === 'visitor' ? undefined : known.get('token'),
        headers: example.as === 'team' ? { 'x-workspace-id': known.get('team')! } : {},
      });
      expect(reply.errors).toEqual([]);
      if (example.answer) compare(example.answer, reply.data, 'data');
      await complete(name, reply);
    },
  );
});
