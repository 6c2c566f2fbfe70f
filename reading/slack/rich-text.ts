import { dateText, link, mention, type SlackNames } from './entities.ts';
import { type Json, lines, objects, words } from './values.ts';

/** One piece of a line. */
function inline(element: Json, names: SlackNames): string {
  const id = (key: string) => words(element[key]);
  switch (element.type) {
    case 'text': {
      const text = typeof element.text === 'string' ? element.text : '';
      const style = element.style;
      const isCode = typeof style === 'object' && style !== null && (style as Json).code === true;
      return isCode && text.trim() !== '' && !text.includes('`') ? `\`${text}\`` : text;
    }
    case 'link':
      return link(id('url'), words(element.text));
    case 'user':
      return mention('@', id('user_id'), names);
    case 'usergroup':
      return mention('@', id('usergroup_id'), names);
    case 'team':
      return mention('@', id('team_id'), names);
    case 'channel':
      return mention('#', id('channel_id'), names);
    case 'broadcast':
      return `@${id('range')}`;
    case 'emoji':
      return `:${id('name')}:`;
    case 'date':
      return dateText(Number(element.timestamp), words(element.fallback));
    case 'color':
      return id('value');
    default:
      // one of a later day: its words, if it has any
      return words(element.text) || words(element.fallback) || words(element.name);
  }
}

function line(element: Json, names: SlackNames): string {
  return objects(element.elements)
    .map((piece) => inline(piece, names))
    .join('')
    .trim();
}

function list(element: Json, names: SlackNames): string {
  const indent = '  '.repeat(Math.min(Number(element.indent) || 0, 8));
  const first = (Number(element.offset) || 0) + 1;
  return lines(
    ...objects(element.elements).map((item, index) => {
      const text = line(item, names);
      return text && `${indent}${element.style === 'ordered' ? `${first + index}.` : '-'} ${text}`;
    }),
  );
}

function part(element: Json, names: SlackNames): string {
  switch (element.type) {
    case 'rich_text_list':
      return list(element, names);
    case 'rich_text_quote': {
      const text = line(element, names);
      return text === '' ? '' : text.replace(/^/gm, '> ');
    }
    case 'rich_text_preformatted': {
      const text = objects(element.elements)
        .map((piece) => inline(piece, names))
        .join('');
      return text.trim() && `\`\`\`\n${text.replace(/\n$/, '')}\n\`\`\``;
    }
    default:
      return line(element, names);
  }
}

/** What people write into Slack's own editor: paragraphs, lists, quotes and code. */
export function readRichText(block: Json, names: SlackNames): string {
  return lines(...objects(block.elements).map((element) => part(element, names)));
}
