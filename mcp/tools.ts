import type { Tool } from './tool.ts';
import {
  listConversations,
  postMessage,
  readConversationTool,
  readMessageTool,
  startConversation,
} from './tools/conversations.ts';
import { readDocumentTool } from './tools/documents.ts';
import { forget, remember } from './tools/memories.ts';
import { recall, search } from './tools/search.ts';

/** All that there are; who calls sees those that it may call. */
export const tools: readonly Tool[] = [
  search,
  readDocumentTool,
  recall,
  remember,
  forget,
  listConversations,
  readConversationTool,
  readMessageTool,
  startConversation,
  postMessage,
];
