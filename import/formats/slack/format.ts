import { basename, dirname } from 'node:path';
import { type ImportRoot, pathOf } from '../../files/import-root.ts';
import { type SkippedItem, skipped } from '../../skipped.ts';
import type { Format } from '../format.ts';
import type { ReadState } from '../read-state.ts';
import { readCanvases } from './canvases.ts';
import { isSlackDay, isSlackExtra, readSlackDay, readSlackExport, type SlackExport } from './slack-export.ts';

/** The Slack export whose top folder this is, if it is one; what is wrong with its lists is told once. */
async function slackExportAt(
  folder: string,
  root: ImportRoot,
  state: ReadState,
  day?: string,
): Promise<{ slack: SlackExport | null; problems: SkippedItem[] }> {
  const known = state.slack.get(folder);
  if (known !== undefined) return { slack: known, problems: [] };
  const path = pathOf(root, folder);
  const slack = await readSlackExport(
    folder,
    path.startsWith('..') ? '' : `${root.name}/${path && `${path}/`}`,
    day,
  );
  state.slack.set(folder, slack);
  return { slack, problems: slack?.problems ?? [] };
}

/** A day of a channel of a Slack export, or one of the lists at its top. */
export const slack: Format = async ({ absolute, root, label }, settings, state) => {
  const isDay = isSlackDay(absolute);
  if (!isDay && !isSlackExtra(basename(absolute))) return null;
  const top = isDay ? dirname(dirname(absolute)) : dirname(absolute);
  const found = await slackExportAt(top, root, state, isDay ? absolute : undefined);
  if (found.slack === null) return null;
  const { slack: slackExport, problems } = found;
  return (async function* () {
    yield* problems;
    if (isDay) yield* readSlackDay({ absolute, label }, slackExport, settings);
    else if (/^(?:canvases|lists)\.json$/.test(basename(absolute)))
      yield* readCanvases({ absolute, label }, slackExport, settings);
    else yield skipped(label, 'unsupported', 'part of a Slack export; its messages are imported');
  })();
};
