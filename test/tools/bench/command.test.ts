import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import type { DialogueReport } from '../../../tools/bench/quality/dialogues.ts';
import type { SetReport } from '../../../tools/bench/quality/documents.ts';
import { LONG } from '../../support/limits.ts';
import { describeReal, testServer } from '../../support/server.ts';

const SCRIPT = fileURLToPath(new URL('../../../tools/bench.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'colloquy-bench-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = async (words: string[], env: Record<string, string> = {}) =>
  promisify(execFile)(process.execPath, [SCRIPT, ...words], { env: { ...process.env, ...env } });

const write = (name: string, ...lines: object[]): void =>
  writeFileSync(join(folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));

describe('npm run bench -- quality, without a server', () => {
  it('refuses a folder that is no set, before anything is started', async () => {
    const refused = run(['quality', join(folder, 'nowhere')], {
      TEST_DATABASE_URL: 'postgres://127.0.0.1:1/none',
    });
    await expect(refused).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('CQ050') });
  });
});

describeReal('npm run bench -- quality', () => {
  it('measures a set and dialogues through the API, beside BM25', { timeout: LONG }, async () => {
    write(
      'corpus.jsonl',
      { _id: 'tea', title: 'Tea', text: 'Assam is a strong tea for the morning.' },
      { _id: 'tides', title: 'Tides', text: 'The moon pulls the water of the oceans towards itself.' },
      { _id: 'bees', title: '', text: 'Bees keep honey in combs of wax.' },
    );
    write(
      'queries.jsonl',
      { _id: 'q1', text: 'Which tea is strong in the morning?' },
      { _id: 'q2', text: 'What does the moon do to the oceans?' },
    );
    writeFileSync(join(folder, 'qrels.tsv'), 'query-id\tcorpus-id\tscore\nq1\ttea\t1\nq2\ttides\t1\n');
    mkdirSync(join(folder, 'dialogues'));
    const turn = (speaker: string, role: string, text: string) => ({
      speaker,
      role,
      // two in the same moment: the second still follows the first
      at: '2025-01-01T10:00:00Z',
      text,
    });
    write('dialogues/1.json', {
      title: 'Ferrets',
      turns: [
        turn('Ann', 'user', 'My ferret is called Biscuit.'),
        turn('Bot', 'assistant', 'A lovely name. How old is it?'),
        turn('Ann', 'user', 'Three, and it sleeps all day.'),
      ],
      questions: [{ text: 'ferret called', evidence: [1] }],
    });
    const server = testServer();
    if ('reason' in server) throw new Error(server.reason);
    const json = join(folder, 'report.json');
    const { stdout } = await run(
      ['quality', folder, '--conversations', join(folder, 'dialogues'), '--typo', '--json', json],
      { TEST_DATABASE_URL: server.adminUrl },
    );
    const report: { sets: SetReport[]; conversations: DialogueReport } = JSON.parse(
      readFileSync(json, 'utf8'),
    );

    const [set] = report.sets;
    expect(set).toMatchObject({ language: 'english', documents: 3, passages: 3, questions: 2 });
    const ndcg = Object.fromEntries(
      set!.figures.map(({ name, measures }) => [name, measures['nDCG@10'].value]),
    );
    expect(ndcg).toMatchObject({ VECTOR: 1, HYBRID: 1, 'BM25 per passage': 1, 'BM25 per document': 1 });
    expect(set!.figures.map(({ failed }) => failed)).toEqual([0, 0, 0, 0, 0]);
    expect(set!.differences.map(({ name }) => name)[0]).toBe('HYBRID − BM25 per document');
    expect(set!.typos!.map(({ name }) => name)).toContain('HYBRID');
    expect(stdout).toContain('| BM25 per document | 1.000 [1.000, 1.000] |');

    expect(report.conversations).toMatchObject({ dialogues: 1, turns: 3, questions: 1 });
    const shares = Object.fromEntries(
      report.conversations.figures.map(({ name, shares: { '@5': five } }) => [name, five.value]),
    );
    expect(shares).toEqual({
      VECTOR: 1,
      TEXT: 1,
      HYBRID: 1,
      'BM25 over single turns': 1,
      'BM25 over turns with two neighbours': 1,
    });
  });
});
