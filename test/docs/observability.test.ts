import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { registry } from '../../lib/metrics.ts';
import { projectFolder } from '../../lib/migrations.ts';
import '../../operations/metrics/database-gauges.ts';

const read = (path: string): string => readFileSync(join(projectFolder, path), 'utf8');
const page = read('docs/observability.md');
const names = (cell: string): string[] => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!);

it('has a row for each metric, with its labels', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `colloquy_'));
  const listed = rows.flatMap((row) => {
    const [, metrics, labels] = row.split('|');
    return names(metrics!).map((name) => [name, names(labels!)] as const);
  });
  const own = registry.getMetricsAsArray().filter(({ name }) => name.startsWith('colloquy_'));
  const real = own.map((metric) => [metric.name, (metric as unknown as { labelNames: string[] }).labelNames]);
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(real));
  expect(listed).toHaveLength(real.length);
});
