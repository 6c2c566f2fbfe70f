import { link, readMrkdwn, type SlackNames, unescapeSlack } from './entities.ts';
import { readRichText } from './rich-text.ts';
import { isObject, type Json, lines, objects, words } from './values.ts';

/** A text object: markup, or text as it is; some are mere strings. */
function textOf(value: unknown, names: SlackNames): string {
  if (typeof value === 'string') return unescapeSlack(value).trim();
  if (!isObject(value)) return '';
  if (value.type === 'rich_text') return readRichText(value, names);
  const text = words(value.text);
  return value.type === 'mrkdwn' ? readMrkdwn(text, names).trim() : unescapeSlack(text);
}

/** What a picture shows; its name at least. */
function imageText(image: Json, names: SlackNames): string {
  const said = textOf(image.title, names) || words(image.alt_text);
  return said && `[image: ${said}]`;
}

/** A button or a menu says something to a reader when it leads somewhere. */
function accessoryText(element: unknown, names: SlackNames): string {
  if (!isObject(element)) return '';
  if (element.type === 'image') return imageText(element, names);
  const url = words(element.url);
  return url && link(url, textOf(element.text, names));
}

function tableText(block: Json, names: SlackNames): string {
  const rows = Array.isArray(block.rows) ? block.rows : [];
  return lines(
    ...rows.map((row) =>
      (Array.isArray(row) ? row : objects((row as Json | null)?.cells))
        .map((cell) => textOf(cell, names).replace(/\n/g, ' '))
        .join(' | '),
    ),
  );
}

/** Everything under keys that hold words, of a kind that is not known here. */
function anyText(value: unknown, names: SlackNames, depth = 0): string {
  if (depth > 8) return '';
  if (Array.isArray(value)) return lines(...value.map((item) => anyText(item, names, depth + 1)));
  if (!isObject(value)) return '';
  if (typeof value.text === 'string') return textOf(value, names);
  return lines(
    ...['title', 'text', 'description', 'label', 'alt_text', 'fields', 'elements', 'blocks'].map((key) =>
      typeof value[key] === 'string' ? textOf(value[key], names) : anyText(value[key], names, depth + 1),
    ),
  );
}

function blockText(block: Json, names: SlackNames): string {
  switch (block.type) {
    case 'rich_text':
      return readRichText(block, names);
    case 'section':
      return lines(
        textOf(block.text, names),
        ...(Array.isArray(block.fields) ? block.fields : []).map((field) => textOf(field, names)),
        accessoryText(block.accessory, names),
      );
    case 'header':
    case 'markdown':
      return textOf(block.text, names);
    case 'context':
      return objects(block.elements)
        .map((element) => (element.type === 'image' ? imageText(element, names) : textOf(element, names)))
        .filter(Boolean)
        .join(' ');
    case 'actions':
      return lines(...objects(block.elements).map((element) => accessoryText(element, names)));
    case 'image':
      return imageText(block, names);
    case 'table':
      return tableText(block, names);
    case 'divider':
      return '';
    default:
      return anyText(block, names);
  }
}

/** What the blocks of a message say, each on lines of its own. */
export function readBlocks(blocks: unknown, names: SlackNames): string {
  return lines(...objects(blocks).map((block) => blockText(block, names)));
}
