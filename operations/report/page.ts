import type { Finding, Severity } from '../doctor/check.ts';
import { summary } from '../doctor/describe.ts';
import { findingsOf, type Report } from '../doctor/run.ts';
import type { Figures } from './figures.ts';
import { type Html, html } from './html.ts';
import { bytes, duration, moment, percent } from './numbers.ts';
import { history, load, partitions, queues, recall, runs, sizes, statements } from './sections.ts';
import { STYLE } from './style.ts';

interface Tile {
  label: string;
  value: string;
  tone?: Severity | 'good' | undefined;
}

const WORDS: Record<Severity, string> = { error: 'error', warning: 'warning', info: 'good to know' };

function tiles(report: Report, figures: Figures): Tile[] {
  const now = figures.now.rows[0];
  const { error, warning } = report.counts;
  const last = (prefix: string): string => {
    const run = figures.runs.rows.find((one) => one.task.startsWith(prefix) && one.outcome === 'succeeded');
    return run ? run.finishedAt.toISOString().slice(0, 10) : 'none on record';
  };
  const drill = figures.runs.rows.find(
    (run) => run.task === 'restore-drill' && run.outcome === 'succeeded',
  )?.details;
  const seconds = (value: unknown): string => (typeof value === 'number' ? duration(value * 1000) : '–');
  const [days, growth] = [now?.daysLeft ?? null, now?.bytesPerDay ?? null];
  return [
    { label: 'errors', value: String(error), tone: error > 0 ? 'error' : 'good' },
    { label: 'warnings', value: String(warning), tone: warning > 0 ? 'warning' : 'good' },
    { label: 'database', value: bytes(now?.databaseBytes) },
    { label: 'growth a day', value: growth === null ? 'not known yet' : bytes(growth) },
    { label: 'free on its disk', value: bytes(now?.freeBytes) },
    {
      label: 'until it is full',
      value: days === null ? 'not known' : `${Math.floor(days).toLocaleString('en')} days`,
    },
    { label: 'blocks found in memory', value: percent(now?.hitRatio) },
    { label: 'connections', value: now ? `${now.connections} of ${now.maxConnections}` : '–' },
    { label: 'last backup', value: last('backup') },
    { label: 'last drill', value: last('restore-drill') },
    ...(drill
      ? [{ label: 'its RTO, RPO', value: `${seconds(drill.rtoSeconds)}, ${seconds(drill.rpoSeconds)}` }]
      : []),
  ];
}

function finding({ name, severity, subject, detail, remedy, runbook }: Finding): Html {
  return html`<article class="finding ${severity}"><span class="severity">${WORDS[severity]}</span><h3>${name}: ${subject}</h3>
<p>${detail}</p><p><code>${remedy}</code></p><p class="soft">${runbook}</p></article>`;
}

function findings(report: Report): Html {
  const found = findingsOf(report);
  const unlisted = report.checks.filter((check) => check.found > check.findings.length);
  return html`${found.length === 0 ? html`<p class="empty">Nothing was found.</p>` : found.map(finding)}
${unlisted.map((check) => html`<p>${check.name}: ${check.found - check.findings.length} more are not listed.</p>`)}`;
}

function checks(report: Report): Html {
  return html`<details class="card"><summary>${summary(report)}</summary><table><tr><th>check</th><th>outcome</th><th class="number">findings</th>
<th class="number">ms</th></tr>${report.checks.map(
    (check) =>
      html`<tr><td>${check.name}</td><td class="${check.outcome === 'failed' ? 'error' : ''}">${
        check.reason ? `${check.outcome}: ${check.reason}` : check.outcome
      }</td><td class="number">${check.found}</td><td class="number">${check.milliseconds}</td></tr>`,
  )}</table></details>`;
}

/** A whole page in one text: nothing is loaded, and nothing runs in it. */
export function reportPage(report: Report, figures: Figures): string {
  const parts: [title: string, content: Html][] = [
    ['Findings', findings(report)],
    ['Sizes', sizes(figures)],
    ['Partitions', partitions(figures, report.at)],
    ['Load', load(figures)],
    ['Slow statements', statements(figures)],
    ['Queue', queues(figures)],
    ['Recall', recall(figures)],
    ['Backups and drills', runs(figures)],
    ['History', history(figures)],
    ['Checks', checks(report)],
  ];
  const anchor = (title: string): string => title.toLowerCase().replaceAll(' ', '-');
  const version = figures.now.rows[0]?.version;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer"><title>Colloquy: ${report.database}</title><style>${STYLE}</style></head>
<body><header><h1>${report.database}</h1><p class="soft">${moment(report.at)}${version && `, PostgreSQL ${version}`}. ${summary(report)}</p>
<nav>${parts.map(([title]) => html`<a href="#${anchor(title)}">${title}</a>`)}</nav>
<div class="tiles">${tiles(report, figures).map(
    ({ label, value, tone }) => html`<div class="tile ${tone}">${label}<b>${value}</b></div>`,
  )}</div></header>
<main>${parts.map(([title, content]) => html`<section id="${anchor(title)}"><h2>${title}</h2>${content}</section>`)}</main></body></html>
`;
  return page.text;
}
