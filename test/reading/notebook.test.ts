import { expect, test } from 'vitest';
import { readNotebook } from '../../reading/notebook.ts';

const picture = 'iVBORw0KGgo'.repeat(2_000);

test('cells in their order, code between fences, what was printed, and no pictures', () => {
  const json = JSON.stringify({
    metadata: { kernelspec: { language: 'python', name: 'python3' } },
    nbformat: 4,
    cells: [
      { cell_type: 'markdown', source: ['# Tides\n', 'Of the capybara.'] },
      {
        cell_type: 'code',
        source: 'print("x")',
        outputs: [
          { output_type: 'stream', text: ['\u001b[31mhigh\u001b[0m\n', 'low\n'] },
          {
            output_type: 'display_data',
            data: { 'image/png': picture, 'text/plain': ['<Figure size 640x480>'] },
          },
          { output_type: 'execute_result', data: { 'text/html': '<table><tr><td>1</td></tr></table>' } },
          { output_type: 'error', ename: 'ValueError', evalue: 'too deep', traceback: ['…'] },
          { output_type: 'stream', text: 'y'.repeat(10_000) },
        ],
      },
    ],
  });
  const read = readNotebook(json);
  expect(read).toMatchObject({ title: 'Tides', language: 'python' });
  expect(read?.text).toMatch(
    /^# Tides\nOf the capybara\.\n\n```python\nprint\("x"\)\n```\n\n```\nhigh\nlow\n```\n\n```\n1\n```\n\n```\nValueError: too deep\n```\n\n```\ny{2000}\n… \(8000 characters more\)\n```$/,
  );
  expect(read?.warnings.map(({ message }) => message)).toEqual([
    "1 pictures of the notebook's outputs are left out",
    '1 long outputs are cut off',
  ]);
});

test('notebooks before version 4, and what is none', () => {
  const old = {
    metadata: {},
    worksheets: [
      {
        cells: [
          { cell_type: 'heading', level: 2, source: 'Old' },
          { cell_type: 'code', language: 'julia', input: 'f(x)', outputs: [] },
        ],
      },
    ],
  };
  expect(readNotebook(JSON.stringify(old))).toMatchObject({
    text: '## Old\n\n```julia\nf(x)\n```',
    language: 'julia',
  });
  for (const json of ['{"a":1}', '[]', '{"cells": [', 'null']) expect(readNotebook(json)).toBeNull();
});
