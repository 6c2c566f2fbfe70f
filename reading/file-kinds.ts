/** What kind of text a file holds, by its name and its first lines. */

/** How a text is to be cut. */
export type ContentType = 'text' | 'markdown' | 'html' | 'code';

const MARKDOWN = new Set(['md', 'mdx', 'markdown', 'mdown', 'mkd', 'qmd', 'rmd']);
const HTML = new Set(['html', 'htm', 'xhtml']);

/** Each programming language with the extensions of its files. The only table of them. */
const extensions: Record<string, string> = {
  ada: 'ada adb ads',
  assembly: 'asm s',
  astro: 'astro',
  awk: 'awk',
  bash: 'bash sh zsh bats',
  batch: 'bat cmd',
  c: 'c h',
  clojure: 'clj cljc cljs edn',
  cmake: 'cmake',
  cobol: 'cob cbl',
  coffeescript: 'coffee',
  cpp: 'cc cpp cxx hh hpp hxx',
  crystal: 'cr',
  csharp: 'cs csx',
  css: 'css',
  cuda: 'cu cuh',
  d: 'd',
  dart: 'dart',
  elixir: 'ex exs heex',
  elm: 'elm',
  erlang: 'erl hrl',
  fish: 'fish',
  fortran: 'f f90 f95 for',
  fsharp: 'fs fsi fsx',
  gdscript: 'gd',
  glsl: 'glsl frag vert',
  go: 'go',
  graphql: 'gql graphql graphqls',
  groovy: 'gradle groovy',
  haskell: 'hs lhs',
  hcl: 'hcl tf tfvars',
  hlsl: 'hlsl',
  ini: 'ini cfg conf properties',
  java: 'java',
  javascript: 'js cjs mjs jsx',
  json: 'ipynb json json5 jsonc jsonl ndjson webmanifest geojson',
  julia: 'jl',
  kotlin: 'kt kts',
  less: 'less',
  lisp: 'lisp cl el',
  lua: 'lua',
  makefile: 'mk',
  metal: 'metal',
  nim: 'nim',
  nix: 'nix',
  'objective-c': 'm mm',
  ocaml: 'ml mli',
  pascal: 'pas pp',
  perl: 'pl pm',
  php: 'php',
  powershell: 'ps1 psm1 psd1',
  prisma: 'prisma',
  protobuf: 'proto',
  python: 'py pyi pyw pyx',
  r: 'r',
  racket: 'rkt',
  reason: 're rei',
  rescript: 'res resi',
  ruby: 'rb erb gemspec rake',
  rust: 'rs',
  sass: 'sass',
  scala: 'scala sbt sc',
  scheme: 'scm ss',
  scss: 'scss',
  solidity: 'sol',
  sql: 'sql pgsql psql ddl plsql',
  svelte: 'svelte',
  swift: 'swift',
  tcl: 'tcl',
  toml: 'toml',
  typescript: 'ts cts mts tsx',
  vb: 'vb vbs',
  verilog: 'v sv',
  vhdl: 'vhd vhdl',
  vim: 'vim',
  vue: 'vue',
  wgsl: 'wgsl',
  xml: 'xml svg xsd xsl xslt plist csproj',
  yaml: 'yaml yml',
  zig: 'zig',
};

const byExtension = new Map(
  Object.entries(extensions).flatMap(([language, list]) =>
    list.split(' ').map((extension) => [extension, language]),
  ),
);

const byName = new Map(
  Object.entries({
    'cmakelists.txt': 'cmake',
    containerfile: 'dockerfile',
    dockerfile: 'dockerfile',
    gemfile: 'ruby',
    gnumakefile: 'makefile',
    jenkinsfile: 'groovy',
    justfile: 'just',
    makefile: 'makefile',
    procfile: 'yaml',
    rakefile: 'ruby',
    vagrantfile: 'ruby',
  }),
);

/** Names beside those that are extensions as well. */
const ALIASES: Record<string, string> = {
  'c#': 'csharp',
  'c++': 'cpp',
  golang: 'go',
};

const byInterpreter: [RegExp, string][] = [
  [/\b(?:ba|z|da|k)?sh\b/, 'bash'],
  [/\bpython[\d.]*\b/, 'python'],
  [/\b(?:node|bun|deno|zx)\b/, 'javascript'],
  [/\bruby\b/, 'ruby'],
  [/\bperl\b/, 'perl'],
  [/\bphp\b/, 'php'],
];

/** The part of a file name after its last dot, in lower case; '' when there is none. */
export function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(dot + 1).toLowerCase() : '';
}

/** The programming language of a file, from its name or its `#!` line; null when it is not known to be code. */
export function languageOf(path: string, content: string): string | null {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const extension = extensionOf(path);
  const known = byName.get(name) ?? byExtension.get(extension);
  if (known) return known;
  if (name.startsWith('dockerfile.')) return 'dockerfile';
  if (extension !== '' || !content.startsWith('#!')) return null;
  const line = content.slice(0, 200).split('\n', 1)[0] ?? '';
  return byInterpreter.find(([pattern]) => pattern.test(line))?.[1] ?? null;
}

/** The language that somebody calls by its name, an editor's short form or an extension: `golang`, `py`, `c++`. */
export function languageNamed(name: string): string {
  const lower = name.toLowerCase();
  return ALIASES[lower] ?? (Object.hasOwn(extensions, lower) ? lower : (byExtension.get(lower) ?? lower));
}

/** Whether text without a telling file name is a page. */
function looksLikeHtml(text: string): boolean {
  return /^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[^>]*-->\s*)?<(?:!doctype\s+html|html)\b/i.test(text.slice(0, 1000));
}

/** @param language what languageOf says */
export function contentTypeOf(path: string, text: string, language: string | null): ContentType {
  const extension = extensionOf(path);
  if (MARKDOWN.has(extension)) return 'markdown';
  if (HTML.has(extension)) return 'html';
  if (language !== null) return 'code';
  return extension === '' && looksLikeHtml(text) ? 'html' : 'text';
}
