import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ReadSettings } from '../../options.ts';
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

export function isZip(path: string): boolean {
  return /\.zip$/i.test(path);
}

/** Looks into a ZIP without unpacking it. */
export async function zipPart(absolute: string, maxEntries: number): Promise<ZipPart> {
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

/** The ZIP that a file of a folder is when it holds an export: those are read wherever they lie, one inside another too. */
export async function exportIn(
  root: { checkout: object | null; depth: number },
  absolute: string,
  settings: ReadSettings,
): Promise<ZipPart | null> {
  if (!isZip(absolute) || root.checkout !== null || root.depth > 1) return null;
  const part = await zipPart(absolute, settings.zip.entries).catch(() => null);
  return part !== null && 'isExport' in part.survey && part.survey.isExport ? part : null;
}

/** What the names of numbered parts have in common: `takeout-20260102T030405Z-1-001.zip` and `…-1-002.zip`. */
function series(absolute: string): string {
  return basename(absolute).replace(/(?:[ ._-]*(?:part)?[ ._-]*\(?\d{1,4}\)?)*\.zip$/i, '');
}

/** Whether ZIPs of the same name are parts of one whole, which a person would unpack into the same place. */
export function areParts(some: ZipPart[], others: ZipPart[]): boolean {
  const [first] = some;
  return (
    first !== undefined &&
    others.length > 0 &&
    others.every(({ absolute, top }) => top === first.top && series(absolute) === series(first.absolute))
  );
}

/** Bytes that reading it goes through: its own, and what it unfolds to. */
export function bytesOf({ size, survey }: ZipPart): number {
  return size + ('problem' in survey ? 0 : survey.bytes);
}
