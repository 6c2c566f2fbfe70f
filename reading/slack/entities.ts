/** Names of what a message mentions: users, channels, groups of users, by their ids. */
export type SlackNames = Readonly<Record<string, string>>;

const ENTITIES: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&amp;': '&' };

/** Slack escapes three characters, and no others. */
export function unescapeSlack(text: string): string {
  return text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES[entity]!);
}

/** A person, a channel or a group as a reader would write it. */
export function mention(sign: '@' | '#', id: string, names: SlackNames, label?: string): string {
  const name = (names[id] ?? label ?? '').replace(/^[@#]/, '').trim();
  return `${sign}${name || id}`;
}

/** A link with its words, and the address alone where it has none of its own. */
export function link(url: string, label?: string | null): string {
  const said = label?.trim() ?? '';
  const bare = url.replace(/^(?:mailto:|tel:|https?:\/\/)/, '').replace(/\/$/, '');
  if (said === '' || said === url || said.replace(/\/$/, '') === bare)
    return /^(?:mailto|tel):/.test(url) ? bare : url;
  return `[${said}](${url})`;
}

const RANGES = new Set(['here', 'channel', 'everyone', 'group']);

/** Seconds since 1970, as a time that anybody can read. */
function writtenTime(seconds: number): string | null {
  const at = new Date(seconds * 1000);
  return Number.isNaN(at.getTime()) ? null : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A time that each reader is shown in a form of its own: its fallback says it best. */
export function dateText(seconds: number, fallback?: string | null): string {
  return fallback?.trim() || writtenTime(seconds) || String(seconds);
}

/** What stands behind `<!`: a call to many, a group, or a time. */
function command(inner: string, label: string | undefined, names: SlackNames): string {
  const [kind = '', ...rest] = inner.split('^');
  if (kind === 'subteam') return mention('@', rest[0] ?? '', names, label);
  if (kind === 'date') {
    const text = dateText(Number(rest[0]), label && unescapeSlack(label));
    return rest[2] ? link(unescapeSlack(rest[2]), text) : text;
  }
  if (RANGES.has(kind)) return `@${kind}`;
  return label ?? kind;
}

function resolve(inner: string, names: SlackNames): string {
  const bar = inner.indexOf('|');
  const target = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? undefined : inner.slice(bar + 1);
  if (target.startsWith('@')) return mention('@', target.slice(1), names, label && unescapeSlack(label));
  if (target.startsWith('#')) return mention('#', target.slice(1), names, label && unescapeSlack(label));
  if (target.startsWith('!')) return command(target.slice(1), label, names);
  return link(unescapeSlack(target), label && unescapeSlack(label));
}

/** Slack's own markup as people read it: who and what is mentioned by name, links with their words, no entities. */
export function readMrkdwn(text: string, names: SlackNames): string {
  // what is no markup is escaped, so that a bracket always begins one
  return text
    .split(/(<(?:[@#!]|[a-z][a-z0-9+.-]*:)[^<>]*>)/i)
    .map((part, index) => (index % 2 === 1 ? resolve(part.slice(1, -1), names) : unescapeSlack(part)))
    .join('');
}
