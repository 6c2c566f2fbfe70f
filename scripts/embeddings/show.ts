import { table } from '../../lib/cli.ts';
import { formatBytes, formatSeconds } from '../../lib/progress.ts';
import type { Evaluation } from '../../models/evaluate.ts';

/** A row of the database: numbers that may be large come as text. */
export type Row = Record<string, unknown>;

const number = (value: unknown): string => Number(value).toLocaleString('en');

export function showVersions(versions: Row[]): string {
  return table([
    [
      'name',
      'status',
      'provider',
      'model',
      'dimensions',
      'passages',
      'prefixes',
      'vectors',
      'of chunks',
      'index',
      'id',
    ],
    ...versions.map((version) => [
      String(version.name),
      String(version.status),
      String(version.provider),
      String(version.model),
      version.native_dimensions
        ? `${version.dimensions} of ${version.native_dimensions}`
        : String(version.dimensions),
      `${version.chunk_size}/${version.chunk_overlap} ${version.chunking_method}`,
      [version.query_prefix && 'query', version.passage_prefix && 'passage'].filter(Boolean).join('+') || '-',
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

const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(3)}`;

export function showEvaluation(evaluation: Evaluation, [name, other]: [string, string]): string {
  const { questions, source, k, verdict } = evaluation;
  if (questions === 0) return `There is nothing that both ${name} and ${other} could be asked about.`;
  const line = (measure: string, own: number, others: number, low: number, high: number): string[] => [
    measure,
    own.toFixed(3),
    others.toFixed(3),
    `${signed(own - others)} (${signed(low)} to ${signed(high)})`,
  ];
  const { recall, baseline_recall, recall_difference_low, recall_difference_high } = evaluation;
  const { mrr, baseline_mrr, mrr_difference_low, mrr_difference_high } = evaluation;
  const asked = source === 'answers' ? 'that users asked, with what the answers cited' : 'made of passages';
  const conclusion = {
    better: `"${name}" does better.`,
    alike: `"${name}" does as well, as far as so many questions can tell.`,
    worse: `"${name}" does worse: activating it wants --accept.`,
    unjudged: 'That is too few to tell: activating it wants --accept.',
  }[verdict];
  return [
    `${questions} questions ${asked}`,
    '',
    table([
      ['', name, other, 'difference (95 %)'],
      line(`recall@${k}`, recall!, baseline_recall!, recall_difference_low!, recall_difference_high!),
      line(`MRR@${k}`, mrr!, baseline_mrr!, mrr_difference_low!, mrr_difference_high!),
    ]),
    '',
    conclusion,
  ].join('\n');
}

const percent = (share: unknown): string => `${(Number(share) * 100).toFixed(1)} %`;
const milliseconds = (value: unknown): string => (value === null ? '-' : Number(value).toFixed(1));

const weight = (value: unknown): string => (value === null ? '-' : String(value));

function showWeights(weights: Row[]): string {
  return table([
    ['version', 'vector weight', 'questions', 'nDCG@10', 'best', 'suggested', 'measured'],
    ...weights.map((one) => {
      const points = one.points as Row[];
      const now = points.find((point) => point.weight === one.measured_weight);
      const best = points.reduce<Row | undefined>(
        (top, point) => (top && Number(top.ndcg) >= Number(point.ndcg) ? top : point),
        undefined,
      );
      return [
        String(one.version_name),
        `${weight(one.vector_weight)}${one.is_fixed ? ', fixed' : ''}`,
        number(one.questions),
        now ? `${Number(now.ndcg).toFixed(3)} (${weight(now.weight)})` : '-',
        best ? `${Number(best.ndcg).toFixed(3)} (${weight(best.weight)})` : '-',
        `${weight(one.suggested_weight)}${one.was_applied ? ', applied' : ''}`,
        one.measured_at === null ? 'never' : String(one.measured_at).slice(0, 16),
      ];
    }),
  ]);
}

export function showQuality(quality: Row): string {
  const recall = quality.recall as Row[];
  const searches = quality.searches as Row[];
  const names = new Map(recall.map((one) => [one.version_id, String(one.version_name)]));
  return [
    `objective ${percent(quality.objective)}`,
    '',
    recall.length === 0
      ? 'Nothing was measured yet.\n  → npm run embeddings -- recall --measure'
      : table([
          [
            'version',
            'workspaces',
            'recall@10',
            'filtered',
            'queries',
            'asked',
            'short',
            'exact p50/p95 ms',
            'index p50/p95 ms',
            'ef_search',
            'suggested',
            'measured',
          ],
          ...recall.map((one) => [
            String(one.version_name),
            String(one.size_class),
            `${percent(one.recall)}${one.meets_objective ? '' : ' !'}`,
            one.filtered_queries ? `${percent(one.filtered_recall)} (${one.filtered_queries})` : '-',
            `${one.queries}${one.index_queries === one.queries ? '' : `, ${one.index_queries} by index`}`,
            one.source === 'sample' ? 'searches' : 'passages',
            String(one.short_returns),
            `${milliseconds(one.exact_p50_ms)} / ${milliseconds(one.exact_p95_ms)}`,
            `${milliseconds(one.index_p50_ms)} / ${milliseconds(one.index_p95_ms)}`,
            one.ef_search === one.ef_search_in_force
              ? String(one.ef_search)
              : `${one.ef_search}, now ${one.ef_search_in_force}`,
            [
              one.suggested_ef_search === null
                ? ''
                : `${one.suggested_ef_search} (${percent(one.suggested_recall)})`,
              one.suggested_exact_limit === null ? '' : `exact up to ${number(one.suggested_exact_limit)}`,
            ]
              .filter(Boolean)
              .join(', ') || '-',
            String(one.measured_at).slice(0, 16),
          ]),
        ]),
    '',
    showWeights(quality.vector_weights as Row[]),
    ...(searches.length === 0
      ? []
      : [
          '',
          table([
            ['version', 'workspaces', 'path', 'searches', 'short', 'lost', 'scan gave up'],
            ...searches.map((one) => [
              one.version_id === null ? '-' : (names.get(one.version_id) ?? String(one.version_id)),
              String(one.size_class),
              String(one.path),
              number(one.searches),
              number(one.short_returns),
              number(one.lost_returns),
              number(one.scan_limit_hits),
            ]),
          ]),
        ]),
  ].join('\n');
}
