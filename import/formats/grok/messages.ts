import { contentTypeOf, languageOf } from '../../../reading/file-kinds.ts';
import type { AttachmentItem, MessageRole } from '../../items.ts';
import { limits } from '../../options.ts';
import { modelName } from '../conversations/lay-out-messages.ts';
import { type Source, sourceOf, sourcesOf } from '../conversations/source-list.ts';
import type { DocumentChange } from '../conversations/written-documents.ts';
import { asArray, asObject, asString, clipped, isObject, type JsonObject, present } from '../json/values.ts';

/** What one response of an export says. */
export interface Response {
  role: MessageRole;
  text: string;
  thinking: string | null;
  model: string | null;
  metadata: JsonObject;
  attachments: AttachmentItem[];
  /** The artifacts that it writes. */
  changes: DocumentChange[];
}

/** Where the bytes of a file are, below the export's folder; null when they are not there. */
export type PlaceOf = (id: string) => string | null;

const ARTIFACT = /<xaiArtifact\b([^>]*)>([\s\S]*?)(?:<\/xaiArtifact>|$)/g;
const MARK = /[ \t]*<grok:render\b([^>]*)>([\s\S]*?)<\/grok:render>/g;
/** What a program reads of a thought: the tools that were used. */
const TOOL_CARD = /<xai:tool_usage_card\b[\s\S]*?(?:<\/xai:tool_usage_card>|$)/g;

function attributesOf(text: string): JsonObject {
  return Object.fromEntries(
    Array.from(text.matchAll(/([\w-]+)="([^"]*)"/g), ([, name, value]) => [name, value]),
  );
}

/** An artifact is written whole each time. */
function artifactOf(attributes: JsonObject, body: string): DocumentChange {
  const { artifact_id, title, contentType: type } = attributes;
  const id = asString(artifact_id) ?? asString(title) ?? 'artifact';
  const name = asString(title) ?? id;
  const text = body.replace(/^\s*\n|\s+$/g, '');
  const isMarkdown = /markdown/.test(asString(type) ?? '');
  const language = isMarkdown ? null : languageOf(name, text);
  const kind = isMarkdown ? 'markdown' : contentTypeOf(name, text, language);
  return {
    id: `artifact/${id}`,
    apply: () => ({
      name,
      text,
      contentType: kind === 'html' ? 'code' : kind,
      language: kind === 'html' ? 'html' : kind === 'code' ? language : null,
      facts: present({ kind: 'artifact', artifact: id, type: asString(type) }),
    }),
  };
}

/** The addresses that cards in a text stand for; each is JSON inside a string. */
function cardsOf(response: JsonObject): Map<string, Source> {
  const cards = new Map<string, Source>();
  for (const text of asArray(response.card_attachments_json)) {
    let card: unknown = text;
    try {
      if (typeof text === 'string') card = JSON.parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
    const { id, url, title } = asObject(card);
    const [name, source] = [asString(id), sourceOf(title, url)];
    if (name !== null && source !== null) cards.set(name, source);
  }
  return cards;
}

const pages = (list: unknown): Source[] =>
  asArray(list)
    .filter(isObject)
    .flatMap(({ title, url }) => (asString(url) === null ? [] : (sourceOf(title, url) ?? [])));

function readText(response: JsonObject, found: Source[]) {
  const cards = cardsOf(response);
  const titles = new Map(found.map(({ url, title }) => [url, title]));
  const changes: DocumentChange[] = [];
  const cited: Source[] = [];
  const text = (asString(response.message) ?? '')
    .replace(ARTIFACT, (_, attributes: string, body: string) => {
      const given = attributesOf(attributes);
      changes.push(artifactOf(given, body));
      return `[artifact: ${asString(given.title) ?? asString(given.artifact_id) ?? 'artifact'}]`;
    })
    .replace(MARK, (_, attributes: string) => {
      const card = cards.get(asString(attributesOf(attributes).card_id) ?? '');
      if (card === undefined || card.url === null) return '';
      const title = card.title ?? titles.get(card.url) ?? null;
      cited.push({ title, url: card.url });
      return ` ([${(title ?? card.url).replace(/[[\]]/g, '')}](${card.url}))`;
    });
  return { text, changes, cited };
}

function thoughtsOf({ thinking_trace, agent_thinking_traces }: JsonObject): string | null {
  const all = [
    thinking_trace,
    ...asArray(agent_thinking_traces).map((each) => asObject(each).thinking_trace),
  ].map((text) => (asString(text) ?? '').replace(TOOL_CARD, '').trim());
  return [...new Set(all)].filter((text) => text !== '').join('\n\n') || null;
}

/** Files that were sent, by their ids, and pictures that were made, by their addresses. */
function attachmentsOf(response: JsonObject, id: string, placeOf: PlaceOf): AttachmentItem[] {
  const found = new Map<string, AttachmentItem>();
  const add = (given: string, name: string, mimeType: string | null, metadata: JsonObject) => {
    const externalId = clipped(given, limits.attachmentIdCharacters);
    const path = placeOf(given);
    found.set(externalId, {
      externalId,
      name: clipped(name, 255),
      mimeType,
      size: null,
      bytes: path === null ? 'missing' : 'in_export',
      text: null,
      metadata: present({ ...metadata, path }),
    });
  };
  for (const file of asArray(response.file_attachments)) {
    const { id: own, file_id, name, file_name, mime_type } = asObject(file);
    const given = asString(file) ?? asString(own) ?? asString(file_id);
    if (given !== null)
      add(
        given,
        asString(name) ?? asString(file_name) ?? given,
        asString(mime_type)?.slice(0, 200) ?? null,
        {},
      );
  }
  for (const [i, address] of asArray(response.generated_image_urls).map(asString).entries())
    if (address !== null)
      add(`${id}/image-${i + 1}`, /([^/?#]+)(?:[?#]|$)/.exec(address)?.[1] ?? 'image', null, {
        address: address.slice(0, 2048),
      });
  return [...found.values()];
}

/** A picture was asked for in words, and shown; that is all that it says. */
function instead(response: JsonObject, attachments: AttachmentItem[]): string {
  const asked = asString(response.query);
  if (asArray(response.generated_image_urls).length > 0)
    return asked === null ? '[image]' : `[image: ${asked}]`;
  return attachments.map(({ name }) => `[file: ${name}]`).join('\n');
}

/** Reads one response. Never throws: the format changes silently. */
export function readResponse(response: JsonObject, id: string, placeOf: PlaceOf): Response {
  const role = /^(?:human|user)$/i.test(asString(response.sender) ?? '') ? 'user' : 'assistant';
  const cited = pages(response.cited_web_search_results);
  const listed = pages(response.web_search_results);
  const { text, changes, cited: marked } = readText(response, [...cited, ...listed]);
  const attachments = attachmentsOf(response, id, placeOf);
  const failure = asString(response.error);
  const said = text.trim() === '' ? instead(response, attachments) : text;
  return {
    // what went wrong is no answer
    role: said === '' && failure !== null ? 'system' : role,
    text: said === '' ? (failure ?? '') : said,
    thinking: thoughtsOf(response),
    model: role === 'assistant' ? modelName(response.model) : null,
    metadata: present({ ...sourcesOf([...marked, ...cited], listed), error: failure }),
    attachments,
    changes,
  };
}
