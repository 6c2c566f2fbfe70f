import { stripVTControlCharacters } from 'node:util';
import type { Warning } from './extraction.ts';
import { languageNamed } from './file-kinds.ts';
import { readHtml } from './html.ts';
import { clipTitle, markdownTitle } from './titles.ts';

export interface Notebook {
  /** Markdown: the cells in their order, code and what it printed between fences. */
  text: string;
  title: string | null;
  /** Of its code. */
  language: string | null;
  /** How many its outputs have, which are left out. */
  pictures: number;
  warnings: Warning[];
}

/** Of what one output printed: the beginning says what it is. */
const LONGEST_OUTPUT = 2_000;

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
/** Text is a string, or its lines. */
const textOf = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : Array.isArray(value)
      ? value.filter((line) => typeof line === 'string').join('')
      : '';
const objectAt = (value: unknown, key: string): Json =>
  isObject(value) && isObject(value[key]) ? value[key] : {};

function fenced(text: string, language: string): string {
  const longest = text.match(/`{3,}/g)?.reduce((most, mark) => Math.max(most, mark.length), 2) ?? 2;
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
}

/** Colours of terminals, and the lines that a progress bar wrote over. */
function printed(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/^.*\r(?!\n)/gm, '')
    .trim();
}

/** What an output says in words, and whether something of it is left out. */
function outputText(output: Json): { text: string; pictures: number } {
  const data = isObject(output.data) ? output.data : output;
  const pictures = Object.keys(data).filter(
    (type) => /^(?:image|audio|video)\//.test(type) || /^(?:png|jpeg|svg)$/.test(type),
  ).length;
  if (typeof output.ename === 'string')
    return { text: `${output.ename}: ${textOf(output.evalue)}`, pictures };
  const markdown = textOf(data['text/markdown']);
  const plain = printed(textOf(output.text) || textOf(data['text/plain']));
  const html = textOf(data['text/html']);
  const text = markdown || plain || (html === '' ? '' : (readHtml(html)?.text ?? ''));
  // what a picture is called by a program that cannot show it
  return { text: pictures > 0 && /^<.{1,200}>$/s.test(text) ? '' : text, pictures };
}

function cut(text: string): string {
  return text.length <= LONGEST_OUTPUT
    ? text
    : `${text.slice(0, LONGEST_OUTPUT).toWellFormed()}\n… (${text.length - LONGEST_OUTPUT} characters more)`;
}

/** Reads a Jupyter notebook of any version; null when the JSON is none, or is broken. */
export function readNotebook(json: string): Notebook | null {
  let notebook: unknown;
  try {
    notebook = JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (!isObject(notebook)) return null;
  const cells = [
    ...list(notebook.cells),
    // before version 4
    ...list(notebook.worksheets).flatMap((sheet) => list(sheet.cells)),
  ];
  if (cells.length === 0 && !Array.isArray(notebook.cells)) return null;
  const metadata = objectAt(notebook, 'metadata');
  const named =
    textOf(objectAt(metadata, 'language_info').name) ||
    textOf(objectAt(metadata, 'kernelspec').language) ||
    textOf(cells.find(({ language }) => typeof language === 'string')?.language);
  const language = named === '' ? null : languageNamed(named);
  const parts: string[] = [];
  let pictures = 0;
  let long = 0;
  for (const cell of cells) {
    const source = textOf(cell.source) || textOf(cell.input);
    if (cell.cell_type === 'heading') parts.push(`${'#'.repeat(Number(cell.level) || 1)} ${source}`);
    else if (cell.cell_type !== 'code') parts.push(source);
    else if (source.trim() !== '') parts.push(fenced(source, language ?? ''));
    for (const output of list(cell.outputs)) {
      const found = outputText(output);
      pictures += found.pictures;
      if (found.text.length > LONGEST_OUTPUT) long += 1;
      if (found.text.trim() !== '') parts.push(fenced(cut(found.text), ''));
    }
  }
  const warnings: Warning[] = [];
  if (pictures > 0)
    warnings.push({
      kind: 'left_out',
      message: `${pictures} pictures of the notebook's outputs are left out`,
    });
  if (long > 0) warnings.push({ kind: 'left_out', message: `${long} long outputs are cut off` });
  const text = parts.filter((part) => part.trim() !== '').join('\n\n');
  const title = textOf(metadata.title);
  return { text, title: (title && clipTitle(title)) || markdownTitle(text), language, pictures, warnings };
}
