import { formatBytes, formatSeconds } from '../import/progress.ts';

/** A row of the database: numbers that may be large come as text. */
export type Row = Record<string, unknown>;

const number = (value: unknown): string => Number(value).toLocaleString('en');

/** Columns below each other, as wide as they need. */
export function table(rows: string[][]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]!.length))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function showVersions(versions: Row[]): string {
  return table([
    ['name', 'status', 'provider', 'model', 'dimensions', 'vectors', 'of chunks', 'index', 'id'],
    ...versions.map((version) => [
      String(version.name),
      String(version.status),
      String(version.provider),
      String(version.model),
      String(version.dimensions),
      number(version.vectors),
      number(version.chunks),
      version.is_indexed ? 'whole' : '-',
      String(version.id),
    ]),
  ]);
}

export function showEstimate(estimate: Row): string {
  return table([
    ['chunks', number(estimate.chunks)],
    ['tokens', `${number(estimate.tokens)} at most: equal texts of a workspace are embedded once`],
    ['cost', `${Number(estimate.cost_usd).toFixed(2)} US dollars`],
    [
      'disk',
      `${formatBytes(Number(estimate.disk_bytes))}: rows ${formatBytes(Number(estimate.table_bytes))}, index ${formatBytes(Number(estimate.index_bytes))}`,
    ],
    [
      'time',
      `${formatSeconds(Number(estimate.seconds))} at ${number(estimate.tokens_per_second)} tokens a second, behind new work`,
    ],
  ]);
}

/** One line: how far a version is. */
export function progressLine(progress: Row): string {
  const chunks = Number(progress.chunks);
  const share = chunks === 0 ? 1 : Number(progress.embedded_chunks) / chunks;
  const parts = [
    `${Math.floor(share * 100)} %`,
    `${number(progress.embedded_chunks)} of ${number(chunks)} chunks`,
  ];
  if (progress.chunks_per_second !== null && Number(progress.missing_chunks) > 0)
    parts.push(
      `${number(progress.chunks_per_second)} a second, ${formatSeconds(Number(progress.seconds_left))} left`,
    );
  if (progress.is_indexed) parts.push('indexed');
  else {
    const within =
      Number(progress.index_blocks_total) > 0
        ? Number(progress.index_blocks_done) / Number(progress.index_blocks_total)
        : 0;
    parts.push(
      `index ${progress.index_partitions_built} of ${progress.index_partitions} partitions${within > 0 ? ` and ${Math.floor(within * 100)} %` : ''}`,
    );
  }
  return parts.join(', ');
}

export function showProgress(progress: Row): string {
  const lag = progress.lag as Row[];
  const failures = progress.failures as Row[];
  return [
    `${progress.name} (${progress.status}): ${progressLine(progress)}`,
    ...(progress.paused ? [`waits until ${progress.resumes_at}: ${progress.paused}`] : []),
    ...(Number(progress.retrying_chunks) + Number(progress.dead_chunks) > 0
      ? [
          `${number(progress.retrying_chunks)} chunks are tried again, ${number(progress.dead_chunks)} were given up: npm run queue -- redrive`,
        ]
      : []),
    ...(Number(progress.tokens_used) > 0
      ? [
          `${number(progress.tokens_used)} tokens on the account of the installation, ${Number(progress.cost_usd).toFixed(2)} US dollars`,
        ]
      : []),
    ...(lag.length === 0
      ? []
      : [
          '',
          table([
            ['workspace', 'missing', 'of chunks'],
            ...lag.map((one) => [String(one.workspace_id), number(one.missing_chunks), number(one.chunks)]),
          ]),
        ]),
    ...failures.map(
      (one) =>
        `failed ${one.happened_at}${one.workspace_id ? ` in workspace ${one.workspace_id}` : ''}: ${one.message}`,
    ),
  ].join('\n');
}

export function showComparison(comparison: Row, names: [string, string]): string {
  const { k, queries, identical, overlap } = comparison;
  const differences = comparison.differences as Row[];
  if (queries === 0) return `There is nothing that both ${names[0]} and ${names[1]} have.`;
  return [
    `overlap@${k} of ${names[0]} and ${names[1]} over ${queries} queries: ${(Number(overlap) * 100).toFixed(1)} %; ${identical} are answered alike.`,
    '',
    table([
      ['least alike', 'overlap', `only ${names[0]}`, `only ${names[1]}`],
      ...differences
        .slice(0, 10)
        .map((one) => [
          String(one.chunk_id),
          `${Math.round(Number(one.overlap) * 100)} %`,
          String((one.only_a as unknown[]).length),
          String((one.only_b as unknown[]).length),
        ]),
    ]),
  ].join('\n');
}
