/** Models that make vectors of whatever length they are told; others refuse to be told. */
export const TAKES_DIMENSIONS = /text-embedding-3|text-embedding-v[34]|gemini-embedding|qwen3-embedding/i;
