import type { Severity } from './check.ts';
import type { Report } from './run.ts';

/** What is taken down of a run: counts alone. */
export interface DoctorFigures {
  errors: number;
  warnings: number;
  toKnow: number;
  checks: number;
  /** Checks that could not look. */
  failed: number;
  skipped: number;
  milliseconds: number;
  /** Findings by check and severity, of those that found something. */
  findings: Record<string, Partial<Record<Severity, number>>>;
}

/** The figures of a report, for app_hidden.maintenance_runs. */
export function figuresOf(report: Report): DoctorFigures {
  const findings: DoctorFigures['findings'] = {};
  for (const check of report.checks) {
    for (const { severity } of check.findings) {
      findings[check.name] ??= {};
      const counts = findings[check.name]!;
      counts[severity] = (counts[severity] ?? 0) + 1;
    }
  }
  return {
    errors: report.counts.error,
    warnings: report.counts.warning,
    toKnow: report.counts.info,
    checks: report.checks.length,
    failed: report.checks.filter((check) => check.outcome === 'failed').length,
    skipped: report.checks.filter((check) => check.outcome === 'skipped').length,
    milliseconds: report.milliseconds,
    findings,
  };
}
