import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { surveyZip, ZipProblem, type ZipSurvey } from './survey.ts';

/** One ZIP file. */
export interface ZipPart {
  absolute: string;
  size: number;
  /** What it is called when it is unpacked by hand. */
  name: string;
  /** The folder that all of it lies in; null when it has none. */
  top: string | null;
  /** What is in it, or what keeps it from being unpacked. */
  survey: ZipSurvey | { problem: string };
}

/** What a run knows of ZIPs, and how long a directory may be. */
interface Known {
  zip: { entries: number };
  surveys: Map<string, Promise<ZipPart>>;
}

export function isZip(path: string): boolean {
  return /\.zip$/i.test(path);
}

async function lookInto(absolute: string, maxEntries: number): Promise<ZipPart> {
  const stem = basename(absolute).slice(0, -'.zip'.length).toWellFormed() || 'zip';
  const { size } = await stat(absolute);
  try {
    const survey = await surveyZip(absolute, maxEntries);
    return { absolute, size, name: survey.top ?? stem, top: survey.top, survey };
  } catch (error) {
    if (!(error instanceof ZipProblem)) throw error;
    return { absolute, size, name: stem, top: null, survey: { problem: error.message } };
  }
}

/** Looks into a ZIP without unpacking it, once in a run. */
export function zipPart(absolute: string, { zip, surveys }: Known): Promise<ZipPart> {
  const known = surveys.get(absolute) ?? lookInto(absolute, zip.entries);
  surveys.set(absolute, known);
  return known;
}

/**
 * The ZIP that a file of a folder is when it holds an export: those are read wherever they lie, one inside another too. One that cannot be
 * opened may have been one.
 */
export async function exportIn(
  root: { checkout: object | null; depth: number },
  absolute: string,
  settings: Known,
): Promise<ZipPart | null> {
  if (!isZip(absolute) || root.checkout !== null || root.depth > 1) return null;
  const part = await zipPart(absolute, settings).catch(() => null);
  if (part === null || part.size === 0) return null;
  return 'problem' in part.survey || part.survey.isExport ? part : null;
}

/** What the names of numbered parts have in common: `takeout-20260102T030405Z-1-001.zip` and `…-1-002.zip`. */
export function series(absolute: string): string {
  return basename(absolute).replace(/(?:[ ._-]*(?:part)?[ ._-]*\(?\d{1,4}\)?)*\.zip$/i, '');
}

/**
 * Whether ZIPs are parts of one whole, which a person would unpack into the same place: numbered, and with one folder in them or of one export.
 * The same file of JSON in both makes them two exports.
 */
export function areParts(some: ZipPart[], others: ZipPart[]): boolean {
  const [first] = some;
  const all = [...some, ...others].map(({ survey }) => survey);
  if (first === undefined || !all.every((survey) => 'json' in survey)) return false;
  const [own, taken] = [all.slice(some.length), all.slice(0, some.length)];
  return (
    others.every(({ absolute, top }) => top === first.top && series(absolute) === series(first.absolute)) &&
    (first.top !== null || all.some(({ isExport }) => isExport)) &&
    own.every(({ json }) => taken.every((before) => before.json.isDisjointFrom(json)))
  );
}

/** Bytes that reading it goes through: its own, and what it unfolds to. */
export function bytesOf({ size, survey }: ZipPart): number {
  return size + ('problem' in survey ? 0 : survey.bytes);
}
