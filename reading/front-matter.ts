import { parse as parseToml, TomlError } from 'smol-toml';
import { parse as parseYaml, YAMLError } from 'yaml';

/** Longer ones are no front matter, but a rule with text below it. */
const LONGEST = 100_000;
const YAML = /^---[ \t]*\n([\s\S]*?)(?:\n|^)(?:---|\.\.\.)[ \t]*(?:\n|$)/m;
const TOML = /^\+\+\+[ \t]*\n([\s\S]*?)(?:\n|^)\+\+\+[ \t]*(?:\n|$)/m;

export interface FrontMatter {
  /** Empty when it cannot be parsed, or is no mapping. */
  fields: Record<string, unknown>;
  /** Where the text begins. */
  end: number;
}

function parsed(block: string, isToml: boolean): unknown {
  try {
    // what it warns of is nothing that anybody would see here
    return isToml ? parseToml(block) : parseYaml(block, { logLevel: 'silent', maxAliasCount: 100 });
  } catch (error) {
    if (error instanceof TomlError || error instanceof YAMLError || error instanceof ReferenceError)
      return null;
    throw error;
  }
}

/** The YAML (`---`) or TOML (`+++`) that a text begins with. */
export function readFrontMatter(text: string): FrontMatter | null {
  const isToml = text.startsWith('+++');
  if (!isToml && !text.startsWith('---')) return null;
  const found = (isToml ? TOML : YAML).exec(text.slice(0, LONGEST));
  if (found?.index !== 0) return null;
  const fields = parsed(found[1]!, isToml);
  const isMapping = typeof fields === 'object' && fields !== null && !Array.isArray(fields);
  return { fields: isMapping ? (fields as Record<string, unknown>) : {}, end: found[0].length };
}

/** A field that says something in words. */
export function fieldOf({ fields }: FrontMatter, name: string): string | null {
  const value = Object.entries(fields).find(([key]) => key.toLowerCase() === name)?.[1];
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const line = String(value).replace(/\s+/g, ' ').trim();
  return line === '' ? null : line;
}
