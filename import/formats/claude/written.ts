import { contentTypeOf, languageOf } from '../../../reading/file-kinds.ts';
import type { DocumentChange, WrittenDocument } from '../conversations/written-documents.ts';
import { asArray, asObject, asString, isObject, type JsonObject, present } from '../json/values.ts';

/** Artifacts, and files that Claude wrote with one of its tools: what each call makes of them. */

type Typed = Pick<WrittenDocument, 'contentType' | 'language'>;

const ARTIFACT_TYPES: Record<string, Typed> = {
  'text/markdown': { contentType: 'markdown', language: null },
  'text/plain': { contentType: 'text', language: null },
  'text/html': { contentType: 'code', language: 'html' },
  'image/svg+xml': { contentType: 'code', language: 'xml' },
  'application/vnd.ant.react': { contentType: 'code', language: 'typescript' },
  'application/vnd.ant.mermaid': { contentType: 'code', language: 'mermaid' },
};

function typeOfArtifact(type: string | null, language: string | null): Typed {
  if (type === null) return { contentType: 'markdown', language: null };
  if (type === 'application/vnd.ant.code')
    return { contentType: 'code', language: language?.slice(0, 50) ?? null };
  return ARTIFACT_TYPES[type] ?? { contentType: 'text', language: null };
}

function typeOfFile(path: string, text: string): Typed {
  const language = languageOf(path, text);
  const contentType = contentTypeOf(path, text, language);
  // the page itself is what was made, not what can be read on it
  if (contentType === 'html') return { contentType: 'code', language: 'html' };
  return { contentType, language: contentType === 'code' ? language : null };
}

/** One replacement; null when the text does not have what is to be replaced. */
function replaced(text: string, old: unknown, by: unknown, all = false): string | null {
  if (typeof old !== 'string' || typeof by !== 'string') return null;
  if (old === '' && text === '') return by;
  if (old === '' || !text.includes(old)) return null;
  return all ? text.replaceAll(old, () => by) : text.replace(old, () => by);
}

function inserted(text: string, line: unknown, words: unknown): string | null {
  if (typeof line !== 'number' || typeof words !== 'string') return null;
  const lines = text.split('\n');
  return lines.toSpliced(line, 0, words.replace(/\n$/, '')).join('\n');
}

const textOr = (...values: unknown[]): string | null =>
  values.find((value) => typeof value === 'string') ?? null;

function artifactChange(input: JsonObject): DocumentChange {
  const { id, command, content, old_str, new_str, title, type, language, version_uuid } = input;
  const called = asString(id) ?? asString(title);
  return {
    id: called === null ? null : `artifact/${called}`,
    apply: (before) => {
      const whole = command === 'update' ? null : textOr(content);
      const text = whole ?? (before === null ? null : replaced(before.text, old_str, new_str));
      if (text === null) return null;
      const named = asString(type) ?? asString(before?.facts.type);
      const typed =
        before !== null && asString(type) === null
          ? { contentType: before.contentType, language: before.language }
          : typeOfArtifact(named, asString(language));
      return {
        name: asString(title) ?? before?.name ?? called ?? 'Artifact',
        text,
        ...typed,
        facts: present({ kind: 'artifact', artifact: called, type: named, version: asString(version_uuid) }),
      };
    },
  };
}

function fileChange(path: string, edit: (before: string | null) => string | null): DocumentChange {
  return {
    id: `file/${path.replace(/^\/+/, '')}`,
    apply: (before) => {
      const text = edit(before?.text ?? null);
      if (text === null) return null;
      const name = path.slice(path.lastIndexOf('/') + 1) || path;
      return { name, text, ...typeOfFile(path, text), facts: { kind: 'file', path: path.slice(0, 1000) } };
    },
  };
}

/** What a call of one of the tools that write files does, in the words of each of them. */
function editOf(tool: string, input: JsonObject): ((before: string | null) => string | null) | null {
  const { command, file_text, content, contents, text, old_str, new_str, old_string, new_string } = input;
  const { insert_line, insert_text, edits, replace_all } = input;
  const action = tool.startsWith('str_replace_') || tool.startsWith('text_editor') ? asString(command) : tool;
  switch (action) {
    case 'create':
    case 'create_file':
    case 'write':
    case 'write_file': {
      const whole = textOr(file_text, content, contents, text);
      return whole === null ? null : () => whole;
    }
    case 'str_replace':
    case 'edit':
    case 'edit_file':
    case 'multiedit': {
      const list = Array.isArray(edits) ? edits.map(asObject) : [input];
      return (before) =>
        list.reduce<string | null>((at, each) => {
          const old = each.old_str ?? each.old_string ?? each.oldText ?? old_str ?? old_string;
          const by = each.new_str ?? each.new_string ?? each.newText ?? new_str ?? new_string ?? '';
          return at === null ? null : replaced(at, old, by, (each.replace_all ?? replace_all) === true);
        }, before);
    }
    case 'insert':
      return (before) => (before === null ? null : inserted(before, insert_line, insert_text ?? new_str));
    default:
      return null;
  }
}

const HEREDOC =
  /\bcat\s*(>{1,2})\s*(['"]?)([^\s'"<>|;&]+)\2\s*<<-?\s*(['"]?)(\w+)\4[^\n]*\n([\s\S]*?)\n?\5(?=\s|$)/g;

/** Files that a shell is told to write, word for word. */
function heredocs(command: string): DocumentChange[] {
  return Array.from(command.matchAll(HEREDOC), ([, arrow, , path = '', , , text = '']) =>
    fileChange(path, (before) => (arrow === '>>' && before !== null ? `${before}\n${text}` : text)),
  );
}

/** What a call to a tool writes. */
export function changesOfCall(name: string, input: unknown): DocumentChange[] {
  if (!isObject(input)) return [];
  const tool = name.replace(/^.*(?::|__|\.)/, '').toLowerCase();
  if (tool === 'artifacts' || tool === 'artifact') return [artifactChange(input)];
  if (tool === 'show_widget' && typeof input.widget_code === 'string') {
    const title = asString(input.title) ?? 'Widget';
    const type = /^\s*<svg/.test(input.widget_code) ? 'image/svg+xml' : 'text/html';
    return [
      artifactChange({ id: `widget ${title}`, title, type, command: 'create', content: input.widget_code }),
    ];
  }
  if (tool === 'bash' || tool === 'bash_tool') return heredocs(asString(input.command) ?? '');
  const path = asString(input.path) ?? asString(input.file_path) ?? asString(input.filePath);
  const edit = path === null ? null : editOf(tool, input);
  return path === null || edit === null ? [] : [fileChange(path, edit)];
}

const TAG = /<antArtifact\b([^>]*)>([\s\S]*?)(?:<\/antArtifact>|$)/g;

function attributesOf(text: string): JsonObject {
  return Object.fromEntries(
    Array.from(text.matchAll(/([\w-]+)="([^"]*)"/g), ([, name, value]) => [name, value]),
  );
}

/** What older conversations have as tags in their text: artifacts, and what was thought of them. */
export function readTags(text: string): { text: string; thinking: string[]; changes: DocumentChange[] } {
  if (!text.includes('<ant')) return { text, thinking: [], changes: [] };
  const thinking: string[] = [];
  const changes: DocumentChange[] = [];
  const said = text
    .replace(/<antThinking>([\s\S]*?)<\/antThinking>\s*/g, (_, words: string) => {
      thinking.push(words.trim());
      return '';
    })
    .replace(TAG, (_, attributes: string, content: string) => {
      const { identifier, title, type, language } = attributesOf(attributes);
      const body = content.replace(/^\n|\n$/g, '');
      changes.push(
        artifactChange({ id: identifier, title, type, language, command: 'create', content: body }),
      );
      return `[artifact: ${asString(title) ?? asString(identifier) ?? 'Artifact'}]`;
    });
  return { text: said, thinking, changes };
}

/** The sources that an artifact says it rests on. */
export function sourcesOfArtifact(input: unknown): JsonObject[] {
  return asArray(asObject(input).md_citations).map(asObject);
}
