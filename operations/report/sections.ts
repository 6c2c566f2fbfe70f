import { barChart } from './bar-chart.ts';
import type { Figures, Rows } from './figures.ts';
import { type Html, html } from './html.ts';
import { lineChart, type Series } from './line-chart.ts';
import { bytes, count, duration, moment, percent } from './numbers.ts';

const colours = [1, 2, 3, 4] as const;

/** A line of one column of the days. */
function dayLine(
  days: Rows['days'][],
  name: string,
  colour: Series['colour'],
  value: (day: Rows['days']) => number | null,
): Series {
  return { name, colour, points: days.map((day) => ({ day: day.day, value: value(day) })) };
}

/** What a day brings, when it brings anything. */
const perDay = (value: number | null): string | undefined =>
  value === null ? undefined : `${value < 0 ? '−' : '+'}${bytes(Math.abs(value))} a day`;

export function sizes({ days, relations }: Figures): Html {
  const disk = days.rows.some((day) => day.diskBytes !== null);
  const bars = (kind: 'table' | 'index') =>
    relations.rows
      .filter((one) => one.kind === kind)
      .map((one) => ({ name: one.name, value: one.bytes, note: perDay(one.bytesPerDay) }));
  return html`<div class="charts">${lineChart({
    title: 'Size of the database and of its files',
    format: bytes,
    base: 1024,
    series: [
      dayLine(days.rows, 'database', 1, (day) => day.databaseBytes),
      dayLine(days.rows, 'files', 2, (day) => day.filesBytes),
    ],
  })}${
    disk &&
    lineChart({
      title: 'Free on its disk',
      format: bytes,
      base: 1024,
      series: [dayLine(days.rows, 'free', 3, (day) => day.freeBytes)],
    })
  }${barChart('Largest tables, with all their partitions', bars('table'), bytes)}${barChart(
    'Largest indexes',
    bars('index'),
    bytes,
  )}</div>`;
}

export function partitions({ partitions: { rows, reason } }: Figures, at: Date): Html {
  if (reason) return html`<p class="empty">${reason}</p>`;
  const left = (until: Date | null): string =>
    until === null
      ? '–'
      : `${until.toISOString().slice(0, 10)} (${Math.floor((until.getTime() - at.getTime()) / 86_400_000)} days)`;
  return html`<div class="card"><table><tr><th>table</th><th class="number">partitions</th><th class="number">size</th><th class="number">largest</th>
<th class="number">rows</th><th class="number">rows that no month takes</th><th>partitions until</th></tr>${rows.map(
    (
      one,
    ) => html`<tr><td>${one.name}</td><td class="number">${one.partitions}</td><td class="number">${bytes(one.bytes)}</td>
<td class="number">${bytes(one.largestBytes)}</td><td class="number">${count(one.rows)}</td><td class="number">${
      one.defaultBytes === null ? '–' : bytes(one.defaultBytes)
    }</td><td>${left(one.until)}</td></tr>`,
  )}</table></div>`;
}

export function load({ days }: Figures): Html {
  const ratios = days.rows.map((day) => day.hitRatio).filter((ratio) => ratio !== null);
  return html`<div class="charts">${lineChart({
    title: 'Blocks found in memory',
    format: (value) => percent(value, 2),
    from: Math.min(0.95, ...ratios),
    to: 1,
    series: [dayLine(days.rows, 'hit ratio', 1, (day) => day.hitRatio)],
  })}${lineChart({
    title: 'Transactions a day',
    format: count,
    series: [dayLine(days.rows, 'commits', 1, (day) => day.commitsPerDay)],
  })}${lineChart({
    title: 'Written a day',
    format: bytes,
    base: 1024,
    series: [
      dayLine(days.rows, 'write-ahead log', 1, (day) => day.walBytesPerDay),
      dayLine(days.rows, 'temporary files', 2, (day) => day.tempBytesPerDay),
    ],
  })}</div>`;
}

export function statements({ statements: { rows, reason } }: Figures): Html {
  if (reason) return html`<p class="empty">${reason}</p>`;
  return html`<div class="card"><table><tr><th>statement</th><th>role</th><th class="number">calls</th><th class="number">in all</th><th class="number">mean</th>
<th class="number">longest</th><th class="number">in memory</th></tr>${rows.map(
    (
      one,
    ) => html`<tr><td><code>${one.statement}</code></td><td>${one.role}</td><td class="number">${count(one.calls)}</td>
<td class="number">${duration(one.totalMs)}</td><td class="number">${duration(one.meanMs)}</td><td class="number">${duration(one.maxMs)}</td>
<td class="number">${percent(one.hitRatio)}</td></tr>`,
  )}</table></div>`;
}

export function queues({ queues: { rows, reason } }: Figures): Html {
  if (reason) return html`<p class="empty">${reason}</p>`;
  const busy = rows.filter((one) => one.waiting + one.deferred + one.active + one.failed > 0);
  const idle = rows.filter((one) => !busy.includes(one)).map((one) => one.name);
  const others = html`<p class="soft">${idle.length > 0 && `Nothing waits in: ${idle.join(', ')}.`}</p>`;
  if (busy.length === 0) return others;
  const waiting = busy.map((one) => ({
    name: one.name,
    value: one.waiting,
    note: `${count(one.active)} at work`,
  }));
  return html`<div class="charts">${barChart('Waiting jobs', waiting, count)}<div class="card"><table><tr><th>queue</th>
<th class="number">waiting</th><th class="number">deferred</th><th class="number">at work</th><th class="number">failed, kept</th></tr>${busy.map(
    (
      one,
    ) => html`<tr><td>${one.name}</td><td class="number">${count(one.waiting)}</td><td class="number">${count(one.deferred)}</td>
<td class="number">${count(one.active)}</td><td class="number">${count(one.failed)}</td></tr>`,
  )}</table></div></div>${others}`;
}

export function recall({ recall: { rows, reason } }: Figures): Html {
  if (reason) return html`<p class="empty">${reason}</p>`;
  const names = [...new Set(rows.map((row) => row.series))];
  const groups = Array.from({ length: Math.ceil(names.length / 3) }, (_, at) =>
    names.slice(3 * at, 3 * at + 3),
  );
  if (groups.length === 0) return html`<p class="empty">No recall was measured in the last 90 days.</p>`;
  return html`<div class="charts">${groups.map((group) => {
    const chosen = rows.filter((row) => group.includes(row.series));
    const objective = new Map(chosen.map((row) => [row.day, row.objective]));
    return lineChart({
      title: `Recall: ${group.join('; ')}`,
      format: (value) => percent(value),
      from: Math.min(0.9, ...chosen.map((row) => row.recall)),
      to: 1,
      series: [
        ...group.map((name, at) => ({
          name,
          colour: colours[at]!,
          points: chosen
            .filter((row) => row.series === name)
            .map((row) => ({ day: row.day, value: row.recall })),
        })),
        {
          name: 'objective',
          colour: 4,
          isDashed: true,
          points: [...objective].map(([day, value]) => ({ day, value })),
        },
      ],
    });
  })}</div>`;
}

/** Figures of a run in a line: names as they are. */
function details(run: Rows['runs']): string {
  return Object.entries(run.details)
    .filter(([, value]) => ['number', 'string', 'boolean'].includes(typeof value))
    .map(
      ([name, value]) =>
        `${name} ${/bytes$/i.test(name) && typeof value === 'number' ? bytes(value) : value}`,
    )
    .join(', ');
}

export function runs({ runs: { rows, reason } }: Figures): Html {
  if (reason) return html`<p class="empty">${reason}</p>`;
  if (rows.length === 0)
    return html`<p class="empty">No backup and no drill was taken down in this database.</p>`;
  return html`<div class="card"><table><tr><th>task</th><th>outcome</th><th>when</th><th class="number">took</th><th>figures</th></tr>${rows.map(
    (
      run,
    ) => html`<tr><td>${run.task}</td><td class="${run.outcome === 'failed' ? 'error' : ''}">${run.outcome}</td>
<td>${moment(run.startedAt)}</td><td class="number">${duration(run.finishedAt.getTime() - run.startedAt.getTime())}</td><td>${
      run.error ?? details(run)
    }</td></tr>`,
  )}</table></div>`;
}

export function history({ findings: { rows } }: Figures): Html {
  const line = (name: 'errors' | 'warnings', colour: Series['colour']): Series => ({
    name,
    colour,
    points: rows.map((row) => ({ day: row.day, value: row[name] })),
  });
  return html`<div class="charts">${lineChart({
    title: 'Findings of the daily runs',
    format: count,
    series: [line('errors', 5), line('warnings', 2)],
  })}</div>`;
}
