/**
 * PostgreSQL's text search configurations by the codes of languages, as CLD3 and files give them. Malay is found by the rules of
 * Indonesian; Bosnian and Croatian by those of Serbian, which read both scripts.
 */
const CONFIGURATIONS: Record<string, string> = {
  ar: 'arabic',
  bs: 'serbian',
  ca: 'catalan',
  da: 'danish',
  de: 'german',
  el: 'greek',
  en: 'english',
  es: 'spanish',
  et: 'estonian',
  eu: 'basque',
  fi: 'finnish',
  fr: 'french',
  ga: 'irish',
  hi: 'hindi',
  hr: 'serbian',
  hu: 'hungarian',
  hy: 'armenian',
  id: 'indonesian',
  it: 'italian',
  lt: 'lithuanian',
  ms: 'indonesian',
  nb: 'norwegian',
  ne: 'nepali',
  nl: 'dutch',
  nn: 'norwegian',
  no: 'norwegian',
  pt: 'portuguese',
  ro: 'romanian',
  ru: 'russian',
  sr: 'serbian',
  sv: 'swedish',
  ta: 'tamil',
  tr: 'turkish',
  yi: 'yiddish',
};

/** The configuration for a language: `de`, `en-GB`; null when there is none for it. */
export function textSearchConfiguration(language: string): string | null {
  return CONFIGURATIONS[language.toLowerCase().split(/[-_]/, 1)[0] ?? ''] ?? null;
}
