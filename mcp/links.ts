import { isUuid } from '../lib/uuid.ts';

/** What has an address of its own, under which it can be opened: `colloquy://documents/ID`. */
export const KINDS = ['documents', 'conversations', 'messages', 'memories', 'events'] as const;
export type Kind = (typeof KINDS)[number];

/** The address of something, and of a place in it. */
export function linkTo(kind: Kind, id: string, place: Record<string, string | number | null> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(place)) if (value !== null) query.set(name, String(value));
  return `colloquy://${kind}/${id}${query.size > 0 ? `?${query}` : ''}`;
}

export interface Link {
  kind: Kind;
  id: string;
  place: URLSearchParams;
}

/** What an address names; undefined when it is none of ours. */
export function readLink(uri: string): Link | undefined {
  if (!URL.canParse(uri)) return undefined;
  const { protocol, hostname, pathname, searchParams } = new URL(uri);
  const kind = KINDS.find((one) => one === hostname);
  const id = pathname.slice(1);
  return protocol === 'colloquy:' && kind && isUuid(id) ? { kind, id, place: searchParams } : undefined;
}
