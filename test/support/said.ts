/** What an event says in one passage, as complete_event() takes it. */
export function said(content: string, heading: string, language: string | null = null): string {
  const passage = {
    chunk_index: 0,
    content,
    heading,
    start_offset: 0,
    end_offset: Math.max(1, content.length),
    token_count: 5,
    language,
  };
  return JSON.stringify({ passages: content === '' ? [] : [passage] });
}
