import { readBlocks } from './blocks.ts';
import { link, readMrkdwn, type SlackNames, unescapeSlack } from './entities.ts';
import { partsOnce } from './once.ts';
import { isObject, type Json, objects, words } from './values.ts';

/** What Slack writes where nothing can be shown. */
const NO_PREVIEW = /^\[?no preview available\]?$/i;

function fieldText(field: Json, names: SlackNames): string {
  const [title, value] = [readMrkdwn(words(field.title), names), readMrkdwn(words(field.value), names)];
  return title && value ? `${title}: ${value}` : title || value;
}

/** A message that was shared in another one carries its blocks one level deeper. */
function sharedBlocks(attachment: Json, names: SlackNames): string {
  return objects(attachment.message_blocks)
    .map(({ message }) => (isObject(message) ? readBlocks(message.blocks, names) : ''))
    .join('\n');
}

/** What an alert, a shared message or the preview of a link says: each thing once, although many say it again for old clients. */
export function readAttachment(attachment: Json, names: SlackNames): string {
  const text = (key: string) => readMrkdwn(words(attachment[key]), names);
  const title = words(attachment.title_link)
    ? link(words(attachment.title_link), text('title'))
    : text('title');
  const fallback = unescapeSlack(text('fallback'));
  const said = partsOnce([
    text('pretext'),
    text('author_name'),
    words(attachment.title) ? title : '',
    text('text') || sharedBlocks(attachment, names),
    ...objects(attachment.fields).map((field) => fieldText(field, names)),
    readBlocks(attachment.blocks, names),
  ]);
  // in its place only what none of them says
  const [first, ...rest] = partsOnce([
    said.join('\n'),
    NO_PREVIEW.test(fallback) ? '' : fallback,
    text('footer'),
  ]);
  return [first, ...rest].filter(Boolean).join('\n');
}
