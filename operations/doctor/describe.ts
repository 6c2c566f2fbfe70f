import type { Severity } from './check.ts';
import { findingsOf, type Report } from './run.ts';

const HEADS: Record<Severity, string> = { error: 'Errors', warning: 'Warnings', info: 'Good to know' };

/** "1 error", "3 warnings". */
const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;

/** What a name or a text may hold that a terminal would take for a command. */
const printable = (text: string): string => text.replace(/\p{Cc}+/gu, ' ');

function indented(label: string, text: string): string {
  return `    ${label.padEnd(8)}${printable(text)}`;
}

/** How it went, in one line. */
export function summary(report: Report): string {
  const { error, warning, info } = report.counts;
  const ran = report.checks.filter((check) => check.outcome !== 'skipped').length;
  return (
    `${counted(ran, 'check')} in ${(report.milliseconds / 1000).toFixed(1)} s: ` +
    `${counted(error, 'error')}, ${counted(warning, 'warning')}, ${info} to know.`
  );
}

/** A report for a terminal: by severity, each finding with its remedy and its runbook, then what was not looked at. */
export function describeReport(report: Report, least: Severity = 'info'): string {
  const findings = findingsOf(report, least);
  const lines = [report.database];
  for (const severity of Object.keys(HEADS) as Severity[]) {
    const chosen = findings.filter((finding) => finding.severity === severity);
    if (chosen.length === 0) continue;
    lines.push('', HEADS[severity]);
    for (const { name, subject, detail, remedy, runbook } of chosen) {
      lines.push(`  ${name}: ${printable(subject)}`, indented('', detail));
      lines.push(indented('remedy', remedy), indented('runbook', runbook));
    }
  }
  for (const { name, findings: listed, found } of report.checks) {
    if (found > listed.length) lines.push('', `${name}: ${found - listed.length} more are not listed.`);
  }
  const skipped = report.checks.filter((check) => check.outcome === 'skipped');
  if (skipped.length > 0) {
    lines.push('', 'Not looked at');
    for (const { name, reason } of skipped) lines.push(`  ${name}: ${printable(reason ?? '')}`);
  }
  return [...lines, '', summary(report)].join('\n');
}
