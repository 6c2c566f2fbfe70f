import { gql } from 'postgraphile/utils';

/**
 * Which arguments that are JSON in SQL have a form that is ours: lists of what type, by the name of the argument, or of function and argument. What a
 * client or a model is free to fill (metadata, parts of a message, arguments and results of tools) stays JSON,
 * and so does a conversation to import: it is a file format (docs/import.md), and comes from files.
 */
export const JSON_INPUTS: Record<string, string> = {
  chunks: 'CitationInput',
  tool_calls: 'CalledToolInput',
  'create_system_prompt_template.variables': 'PromptVariableInput',
  'import_documents.documents': 'ImportedDocumentInput',
  'import_events.events': 'ImportedEventInput',
};

/** Their fields are spelled as the functions read them. */
export const jsonInputTypes = gql`
  """A passage that an answer used, as search returned it. Example: { chunkId: "…", similarityScore: 0.83, score: 0.71 }."""
  input CitationInput {
    """The passage: chunkId of a search result."""
    chunkId: UUID!
    """Cosine similarity to the question, -1 to 1: vectorScore of the search result."""
    similarityScore: Float
    """Rank of the text match: textScore of the search result."""
    textScore: Float
    """What the search ordered it by."""
    score: Float
    """The embedding version that found it. Default: the active one."""
    embeddingVersionId: UUID
  }

  """A call of a tool that belongs to an answer. Example: { name: "weather", arguments: { city: "Oslo" }, result: { celsius: 4 } }."""
  input CalledToolInput {
    """The tool, as the model calls it: 1 to 200 characters."""
    name: String!
    """What it was called with, as an object. Default: nothing."""
    arguments: JSON
    """What it returned: any JSON."""
    result: JSON
    """Why it failed, in words."""
    error: String
    """How far it is. Default: SUCCEEDED."""
    status: ToolCallStatus
    """How long it took, in milliseconds."""
    durationMs: Int
    """Calls of one turn run side by side; turns follow each other, from 1. Default: 1."""
    turn: Int
    """Place within the turn, from 1. Default: the place in this list."""
    position: Int
  }

  """A variable of a template. Example: { name: "language", description: "of the answer", default: "English" }."""
  input PromptVariableInput {
    """What stands between the braces: {{language}}."""
    name: String!
    """What it is for."""
    description: String
    """What is put in when nothing is given: text, a number, or any JSON."""
    default: JSON
  }

  """A document to add or to bring up to date, by its sourceUrl."""
  input ImportedDocumentInput {
    """Where it comes from. A document of yours with the same sourceUrl is brought up to date."""
    sourceUrl: String!
    """Its title: 1 to 500 characters."""
    title: String!
    """Its text."""
    content: String!
    """What the text is. Default: TEXT."""
    contentType: ContentType
    """The programming language, of code."""
    codeLanguage: String
    """The language of the text. Default: that of the workspace."""
    textSearchLanguage: TextSearchLanguage
    """Who may read it. Default: PRIVATE. Of a document that is there already it is left alone."""
    visibility: Visibility
    """Anything else, as an object of at most 64 KiB."""
    metadata: JSON
  }

  """An event of another system."""
  input ImportedEventInput {
    """The system that it comes from: 1 to 100 characters."""
    source: String!
    """What kind of event it is: 1 to 200 characters."""
    eventType: String!
    """Its identifier there, by which it is stored once: 1 to 500 characters."""
    externalId: String!
    """The event itself: any JSON of at most 1 MiB."""
    payload: JSON!
    """Anything else, as an object of at most 64 KiB."""
    metadata: JSON
  }
`;
