/** What a model wants before queries and passages. */
export interface Prefixes {
  readonly query: string;
  readonly passage: string;
}

const NONE: Prefixes = { query: '', passage: '' };
const SEARCH = 'Represent this sentence for searching relevant passages: ';
const INSTRUCTION =
  'Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: ';

/** As their model cards say; the first that fits a name holds. Without them these models find markedly less. */
const KNOWN: readonly (readonly [RegExp, Prefixes])[] = [
  [/nomic-embed/i, { query: 'search_query: ', passage: 'search_document: ' }],
  [/e5-mistral|e5.*-instruct|qwen3-embedding/i, { query: INSTRUCTION, passage: '' }],
  [/(^|[^a-z0-9])(multilingual-)?e5-(small|base|large)/i, { query: 'query: ', passage: 'passage: ' }],
  [/arctic-embed.*v2|arctic-embed2/i, { query: 'query: ', passage: '' }],
  [/mxbai-embed|arctic-embed|bge-(small|base|large)-en/i, { query: SEARCH, passage: '' }],
  [/embedding-?gemma/i, { query: 'task: search result | query: ', passage: 'title: none | text: ' }],
];

/** What is known of a model, by its name; nothing for most, and for what is not known. */
export function knownPrefixes(model: string): Prefixes {
  return KNOWN.find(([name]) => name.test(model))?.[1] ?? NONE;
}
