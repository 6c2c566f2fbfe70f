import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Report } from '../../operations/doctor/run.ts';
import type { Figures } from '../../operations/report/figures.ts';
import { html } from '../../operations/report/html.ts';
import { lineChart } from '../../operations/report/line-chart.ts';
import { bytes, count, duration, percent } from '../../operations/report/numbers.ts';
import { reportPage } from '../../operations/report/page.ts';
import { writeReport } from '../../operations/report/write-report.ts';

const EVIL = `"><script>alert('x')</script>&\u202e`;

/** Everything that is text is hostile. */
const report: Report = {
  database: EVIL,
  kind: 'server',
  at: new Date('2026-11-27T12:00:00Z'),
  milliseconds: 1234,
  counts: { error: 1, warning: 0, info: 0 },
  checks: [
    {
      name: 'x',
      outcome: 'ran',
      milliseconds: 3,
      found: 5,
      findings: [{ name: EVIL, severity: 'error', subject: EVIL, detail: EVIL, remedy: EVIL, runbook: EVIL }],
    },
    { name: 'y', outcome: 'skipped', reason: EVIL, milliseconds: 0, found: 0, findings: [] },
  ],
};

const at = report.at;
const day = (of: string) => ({
  day: of,
  databaseBytes: 2e9,
  filesBytes: 1e9,
  diskBytes: 5e9,
  freeBytes: 1e9,
  hitRatio: 0.99,
  commitsPerDay: 1000,
  tempBytesPerDay: null,
  walBytesPerDay: 5e6,
});
const figures: Figures = {
  now: {
    rows: [
      {
        databaseBytes: 2e9,
        hitRatio: 0.99,
        diskBytes: 5e9,
        freeBytes: 1e9,
        bytesPerDay: 1e7,
        daysLeft: 100,
        version: EVIL,
        connections: 3,
        maxConnections: 100,
      },
    ],
  },
  days: { rows: [day('2026-11-25'), day('2026-11-26')] },
  relations: { rows: [{ kind: 'table', name: EVIL, bytes: 1e9, rows: 5, bytesPerDay: -2e6 }] },
  partitions: {
    rows: [{ name: EVIL, partitions: 3, bytes: 1, rows: 2, largestBytes: 1, defaultBytes: 0, until: at }],
  },
  statements: {
    rows: [
      { statement: EVIL, role: EVIL, calls: 1, totalMs: 1, meanMs: 1, maxMs: 1, rows: 1, hitRatio: null },
    ],
  },
  queues: { rows: [{ name: EVIL, waiting: 5, deferred: 0, active: 1, failed: 0 }] },
  recall: {
    rows: ['2026-11-25', '2026-11-26'].map((one) => ({
      day: one,
      series: EVIL,
      recall: 0.9,
      objective: 0.98,
    })),
  },
  runs: {
    rows: [
      {
        task: 'backup',
        outcome: 'failed',
        startedAt: at,
        finishedAt: at,
        details: { [EVIL]: EVIL },
        error: EVIL,
      },
      { task: EVIL, outcome: EVIL, startedAt: at, finishedAt: at, details: { [EVIL]: EVIL }, error: null },
    ],
  },
  findings: { rows: [{ day: '2026-11-25', errors: 1, warnings: 2 }] },
};

describe('the report', () => {
  it('takes nothing as HTML that is text, and loads and runs nothing', () => {
    const page = reportPage(report, figures);
    expect(page).not.toMatch(/<script|<img|<link|<iframe|\son\w+=|javascript:|src=|https?:|url\(|\u202e/i);
    expect(page).toContain(`default-src 'none'`);
    expect(page.match(/&lt;script&gt;/g)!.length).toBeGreaterThan(20);
    expect(page).toContain('x: 4 more are not listed.');
    expect(page).toContain('−1.9 MB a day');
    // what is opened is closed
    for (const tag of ['svg', 'table', 'figure', 'div', 'section', 'p', 'main', 'body']) {
      const opened = page.match(new RegExp(`<${tag}[ >]`, 'g'))?.length;
      expect(page.match(new RegExp(`</${tag}>`, 'g'))?.length, tag).toBe(opened);
    }
  });

  it('is there without any history, and says where something cannot be read', () => {
    const empty = Object.fromEntries(Object.keys(figures).map((name) => [name, { rows: [], reason: EVIL }]));
    const page = reportPage({ ...report, checks: [] }, empty as unknown as Figures);
    expect(page).toContain('Nothing was found.');
    expect(page).toContain('Not enough days are on record yet.');
    expect(page).not.toMatch(/<script|NaN|undefined|null|Infinity/);
  });

  it('escapes values, and only what it made itself is HTML', () => {
    expect(html`<p title="${'"<'}">${['a&', html`<b>${'<'}</b>`, null, false, 0]}</p>`.text).toBe(
      '<p title="&quot;&lt;">a&amp;<b>&lt;</b>0</p>',
    );
  });

  it('draws lines within their frame, with round numbers at the side', () => {
    const values = [3 * 1024 ** 3, null, 1024 ** 3, 2 * 1024 ** 3];
    const points = values.map((value, index) => ({ day: `2026-11-0${index + 1}`, value }));
    const { text } = lineChart({
      title: 't',
      series: [{ name: 's', colour: 1, points }],
      format: bytes,
      base: 1024,
    });
    expect(
      [...text.matchAll(/class="axis"[^>]*text-anchor="end">([^<]+ GB)</g)].map(([, tick]) => tick),
    ).toEqual(['1.0 GB', '2.0 GB', '3.0 GB']);
    const [, line] = /<polyline[^>]*points="([^"]+)"/.exec(text)!;
    const places = line!.split(' ').map((place) => place.split(',').map(Number));
    expect(places).toHaveLength(3);
    for (const [x, y] of places) {
      expect(x).toBeGreaterThanOrEqual(64);
      expect(x).toBeLessThanOrEqual(626);
      expect(y).toBeGreaterThanOrEqual(10);
      expect(y).toBeLessThanOrEqual(178);
    }
    for (const value of [0, 5]) {
      const flat = [1, 2].map((one) => ({ day: `2026-11-0${one}`, value }));
      expect(
        lineChart({ title: 't', series: [{ name: 's', colour: 1, points: flat }], format: count }).text,
      ).not.toMatch(/NaN|Infinity/);
    }
  });

  it('is written whole or not at all', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'colloquy-report-'));
    try {
      await expect(writeReport(join(folder, 'none', 'x.html'), 'x')).rejects.toMatchObject({ code: 'CQ646' });
      await expect(writeReport(folder, 'x')).rejects.toMatchObject({ code: 'CQ646' });
      await writeReport(join(folder, 'x.html'), 'x');
      expect(readdirSync(folder)).toEqual(['x.html']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('writes numbers as people read them', () => {
    expect([bytes(0), bytes(1536), bytes(3.2e9), bytes(null)]).toEqual(['0 B', '1.5 kB', '3.0 GB', '–']);
    expect([
      count(12_345),
      count(1_250_000),
      percent(0.987654),
      duration(2.5),
      duration(95_000),
      duration(7_300_000),
    ]).toEqual(['12,345', '1.3 M', '98.8 %', '2.5 ms', '95.0 s', '2.0 h']);
  });
});
