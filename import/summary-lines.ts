import { leftOutKinds } from './left-out.ts';
import { skipReasons } from './skipped.ts';
import type { Tally } from './tally.ts';

/** How many are named without --verbose of what cannot be searched, and of what is gone: each has a reason of its own. */
const FEW = 20;

export interface RenderOptions {
  verbose: boolean;
  dryRun: boolean;
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '�');
}

function renderSkipped({ skipped }: Tally): string[] {
  const groups = [...skipped].sort(([, a], [, b]) => b.count - a.count);
  const total = groups.reduce((sum, [, group]) => sum + group.count, 0);
  if (total === 0) return [];
  const lines = [`Skipped ${total}:`];
  for (const [reason, { count, items }] of groups) {
    lines.push(`  ${count} ${reason} (${skipReasons[reason]})`);
    for (const item of items) lines.push(`    ${printable(item.source)}: ${printable(item.detail)}`);
    if (items.length < count) lines.push(`    … and ${count - items.length} more (--verbose names them all)`);
  }
  return lines;
}

function renderFailures({ failures }: Tally, verbose: boolean): string[] {
  if (failures.length === 0) return [];
  const lines = failures.map(
    ({ source, code, reason }) =>
      `  ${printable(source)}: ${printable(reason)}${code === null ? '' : ` (${code})`}`,
  );
  return [`Cannot be searched ${failures.length}:`, ...few(lines, verbose)];
}

function renderLeftOut({ leftOut }: Tally): string[] {
  if (leftOut.size === 0) return [];
  const lines = ['Left out of what was read:'];
  for (const [kind, { count, places }] of [...leftOut].sort(([, a], [, b]) => b.count - a.count)) {
    lines.push(`  ${count} ${kind} (${leftOutKinds[kind]})`);
    for (const place of places) lines.push(`    ${printable(place)}`);
  }
  return lines;
}

function few(lines: string[], verbose: boolean): string[] {
  if (verbose || lines.length <= FEW) return lines;
  return [...lines.slice(0, FEW), `  … and ${lines.length - FEW} more (--verbose names them all)`];
}

function renderGone({ gone }: Tally, { verbose, dryRun }: RenderOptions): string[] {
  const lines: string[] = [];
  for (const { name, sources, elsewhere, kept } of gone) {
    if (sources.length > 0) {
      const number = `No longer in ${name} ${sources.length}`;
      if (kept !== null) lines.push(`${number} (left as they are: ${kept}).`);
      else lines.push(`${number} (${dryRun ? 'to be archived' : 'archived: searches leave them out'}):`);
    }
    if (kept === null)
      lines.push(
        ...few(
          sources.map((source) => `  ${printable(source)}`),
          verbose,
        ),
      );
    if (elsewhere > 0)
      lines.push(
        `${elsewhere} of another place called ${name} not found here, and left as they are; --prune archives them.`,
      );
  }
  return lines;
}

/** What did not become what it was: nothing is passed over in silence. */
export function renderRest(tally: Tally, options: RenderOptions): string[] {
  const passedOver = [
    ...renderFailures(tally, options.verbose),
    ...renderSkipped(tally),
    ...renderLeftOut(tally),
  ];
  if (passedOver.length === 0) passedOver.push('Nothing was skipped, and nothing left out.');
  return [...passedOver, ...renderGone(tally, options)];
}
