import { describe, expect, it } from 'vitest';
import { lintTestNames } from '../../../tools/check/test-names.ts';

const subjects = [
  'api/plugins/search/plans.ts',
  'docs/tenancy.md',
  'functions/memory/recall.sql',
  'functions/embeddings/app_hidden.redrive_embeddings.sql',
  'sql/schema/tables/app_public.memory_items.md',
  'functions/policies/tags.sql',
];
const areas = ['test/sql/memory/recall.test.ts', 'test/sql/embeddings/redrive-embeddings.test.ts'];

const lint = (...tests: string[]) =>
  lintTestNames({ subjects, tests: [...areas, ...tests] }, {}).map(({ file }) => file);

describe('names of tests', () => {
  it.each([
    'test/api/plans.test.ts',
    'test/api/search.test.ts',
    'test/sql/tenancy-matrix.test.ts',
    'test/sql/memory/memory-items.test.ts',
    'test/sql/memory/recall-of-old-ones.test.ts',
  ])('takes %s', (path) => {
    expect(lint(path)).toEqual([]);
  });

  it.each([
    'test/api/traps.test.ts',
    'test/sql/memory/recalls.test.ts',
    'test/sql/memory/old-recall.test.ts',
  ])('refuses %s, which is named after nothing', (path) => {
    expect(lint(path)).toEqual([path]);
  });

  it('refuses a folder that is no area', () => {
    expect(lint('test/sql/memories/recall.test.ts')).toEqual(['test/sql/memories']);
  });

  it('misses the test of an area, except where it is elsewhere', () => {
    const tests = ['test/sql/memory/recall.test.ts'];
    expect(lintTestNames({ subjects, tests }, {})).toMatchObject([{ file: 'functions/embeddings' }]);
  });

  it('takes an exception, and finds one whose test is gone', () => {
    const reasons = { 'test/api/costs.test.ts': 'a reason' };
    expect(lintTestNames({ subjects, tests: [...areas, 'test/api/costs.test.ts'] }, reasons)).toEqual([]);
    expect(lintTestNames({ subjects, tests: areas }, reasons)).toMatchObject([
      { file: 'test/api/costs.test.ts' },
    ]);
  });
});
