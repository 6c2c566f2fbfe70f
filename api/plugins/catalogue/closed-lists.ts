/** A list of texts that SQL keeps closed by a check or makes itself: an enum of GraphQL. */
export interface ClosedList {
  description: string;
  /** What each text means. Its name in GraphQL is the text in upper case, unless names says otherwise. */
  values: Record<string, string>;
  names?: Record<string, string>;
  /** `table.column`, `type.attribute` and `function.argument` of app_public that take it, or lists of it. */
  at: readonly string[];
  /** The domain of app_public whose check closes the list; what is of it takes the enum. */
  domain?: string;
}

const SCOPES = {
  read: 'Reads, search included.',
  write: 'Writes; reads too.',
  search: 'Searches, and nothing else.',
  share: 'Makes and ends links to own conversations; reads too.',
  meter: 'Usage of all members, for owners and admins; reads too.',
  admin: 'Members, invitations, audit log, and with write configuration, for owners and admins; reads too.',
};

const LANGUAGES = [
  'arabic',
  'armenian',
  'basque',
  'catalan',
  'danish',
  'dutch',
  'english',
  'estonian',
  'finnish',
  'french',
  'german',
  'greek',
  'hindi',
  'hungarian',
  'indonesian',
  'irish',
  'italian',
  'lithuanian',
  'nepali',
  'norwegian',
  'portuguese',
  'romanian',
  'russian',
  'serbian',
  'spanish',
  'swedish',
  'tamil',
  'turkish',
  'yiddish',
];

/** By the name of the enum. What a list has is held to the checks of the database by test/api/closed-lists.test.ts. */
export const CLOSED_LISTS: Record<string, ClosedList> = {
  ApiKeyScope: {
    description: 'What an API key may do, within the rights of its owner.',
    values: SCOPES,
    at: ['api_keys.scopes', 'new_api_key.scopes', 'create_api_key.scopes'],
  },
  ChunkingMethod: {
    description: 'Where a passage ends when a text is cut.',
    values: {
      structure:
        'At the strongest boundary in its second half: heading, definition in code, paragraph, line, sentence, word.',
      sentence: 'With the last sentence that fits.',
      fixed: 'With the last word that fits.',
    },
    at: ['create_embedding_version.chunking_method'],
  },
  ContentType: {
    description: 'What the text of a document is: decides how it is cut into chunks.',
    values: {
      text: 'Plain text.',
      markdown: 'Markdown.',
      code: 'A program, or data.',
      html: 'A page.',
      pdf: 'The text of a PDF, by pages.',
      docx: 'The text of a DOCX, as Markdown.',
    },
    at: ['documents.content_type', 'create_document.content_type', 'search_filters.content_types'],
  },
  FileExtractor: {
    description: 'How the text of a file is read.',
    values: {
      text: 'As plain text.',
      markdown: 'As Markdown.',
      code: 'As a program, or data.',
      html: 'As a page.',
      notebook: 'As a notebook of Jupyter.',
      pdf: 'As PDF.',
      docx: 'As a document of Word.',
      pptx: 'As a presentation of PowerPoint.',
      xlsx: 'As a workbook of Excel.',
      odt: 'As a text of OpenDocument.',
      ods: 'As a spreadsheet of OpenDocument.',
      odp: 'As a presentation of OpenDocument.',
      epub: 'As a book.',
      rtf: 'As rich text.',
      eml: 'As a mail.',
      mbox: 'As a mailbox.',
      mhtml: 'As a saved page.',
      none: 'It has no text, and is stored alone.',
    },
    at: ['file_type_configs.extractor'],
  },
  ImageFormat: {
    description: 'How an image is stored.',
    values: { png: 'PNG.', jpeg: 'JPEG.', webp: 'WebP.', gif: 'GIF.', avif: 'AVIF.' },
    at: ['generated_images.format', 'record_image.format'],
  },
  ImportStatus: {
    description: 'What became of something that was imported.',
    values: {
      added: 'It is new.',
      updated: 'It was there with another content, which took its place. Never of an event.',
      unchanged: 'It was there already.',
      refused: 'It was left out: reason says why.',
    },
    at: ['import_outcome.outcome', 'event_import_outcome.outcome'],
  },
  IndexingHold: {
    description: 'What holds indexing back.',
    values: {
      budget: 'A budget is used up.',
      quota: 'The quota of the month is used up.',
      switch: 'The installation has switched paid embedding off.',
      provider: 'Who computes vectors is paused after failures, or for its limits.',
    },
    at: ['indexing_progress.paused'],
  },
  RetentionSource: {
    description: 'What decides how long something is kept.',
    values: {
      hold: 'A legal hold: nothing goes.',
      workspace: 'The policy of the workspace.',
      system: 'The policy of the installation.',
      nothing: 'There is no policy: it is kept.',
    },
    at: ['retention_preview.decided_by'],
  },
  SearchLegReason: {
    description: 'Why a search did without meaning, or without words.',
    values: {
      mode: 'It was not asked for.',
      no_words: 'The question has none that are searched by.',
      no_vector: 'None was given.',
      provider_unavailable: 'Who computes vectors could not be reached.',
      quarantined: 'The database is a copy that asks no service.',
      busy: 'Who computes vectors had no turn for this workspace in time.',
      unreadable_script: 'The model cannot read the question.',
    },
    at: ['search_leg.reason'],
  },
  SearchPath: {
    description: 'How vectors were compared.',
    values: {
      exact: 'With every one that may be found.',
      index: 'By the index.',
      'index, then exact': 'By the index, which found too few; then with every one.',
      none: 'Not at all: words alone were asked.',
    },
    at: ['search_response.path', 'retrieval_replay.path', 'search_count.path'],
  },
  TextSearchLanguage: {
    description:
      'A language whose forms of words are known, so that one finds the others; simple for texts in several or no language.',
    values: {
      simple: 'As written: for texts in several or no language.',
      ...Object.fromEntries(LANGUAGES.map((name) => [name, `${name[0]!.toUpperCase()}${name.slice(1)}.`])),
    },
    domain: 'text_search_language',
    at: ['search_filters.text_search_languages'],
  },
  VectorDistance: {
    description: 'How vectors are compared.',
    values: { cosine: 'By the cosine of the angle between them.' },
    at: ['embedding_versions.distance'],
  },
  WebhookKind: {
    description:
      'What a webhook tells. The type of a delivery has it in lower case with a dot: MESSAGE_CREATED is message.created.',
    values: {
      '*': 'Everything there is, also what later versions add.',
      'message.created': 'A message was written.',
      'conversation.created': 'A conversation began.',
      'conversation.archived': 'A conversation was archived.',
      'conversation.deleted': 'A conversation was deleted.',
      'document.created': 'A document was added.',
      'document.updated': 'A document was changed.',
      'document.indexed': 'A document is found by search.',
      'document.deleted': 'A document was deleted.',
      'file.processed': 'The text of a file was read.',
      'file.failed': 'The text of a file could not be read.',
      'memory.remembered': 'A memory is new.',
      'memory.superseded': 'A newer value took the place of a memory.',
      'memory.forgotten': 'A memory was forgotten.',
      'feedback.given': 'Somebody judged an answer.',
      'event.failed': 'An event of another system could not be processed.',
      'budget.warning': 'A budget is nearly used up.',
      'budget.exceeded': 'A budget is used up.',
      'webhook.test': 'What testWebhook sends: of deliveries alone, and chosen by nobody (CQ742).',
    },
    names: { '*': 'ALL' },
    at: [
      'webhooks.kinds',
      'new_webhook.kinds',
      'create_webhook.kinds',
      'update_webhook.kinds',
      'webhook_deliveries.kind',
    ],
  },
};
