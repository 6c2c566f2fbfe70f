import type { MessageNode } from '../conversations/message-node.ts';
import { asArray, asObject, asString, isObject, type JsonObject } from '../json/values.ts';

/**
 * The report of a deep research is not in an answer: it is part of the state of a widget, mostly as JSON inside a string, in the
 * metadata or the text of a hidden message of the tool.
 */
export interface Report {
  id: string;
  title: string | null;
  /** The message that it would have been. */
  message: JsonObject;
}

const DEPTH = 6;

function parsed(text: string): unknown {
  const start = text.indexOf('{');
  const end = text.lastIndexOf('}');
  if (start < 0 || end < start) return null;
  try {
    return JSON.parse(text.slice(start, end + 1));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return null;
  }
}

function textOf(message: JsonObject): string {
  const { parts, text } = asObject(message.content);
  const list = asArray(parts).map((part) =>
    typeof part === 'string' ? part : (asString(asObject(part).text) ?? ''),
  );
  return list.some((part) => part.trim() !== '') ? list.join('\n\n') : (asString(text) ?? '');
}

/** The state of a widget that has a report, wherever it is in a value. */
function stateIn(value: unknown, depth = 0): JsonObject | null {
  if (depth > DEPTH) return null;
  if (typeof value === 'string')
    return value.includes('"report_message"') ? stateIn(parsed(value), depth + 1) : null;
  if (Array.isArray(value))
    return value.map((item) => stateIn(item, depth + 1)).find((found) => found) ?? null;
  if (!isObject(value)) return null;
  if (isObject(value.report_message) && textOf(value.report_message).trim() !== '') return value;
  for (const item of Object.values(value)) {
    const found = typeof item === 'object' || typeof item === 'string' ? stateIn(item, depth + 1) : null;
    if (found !== null) return found;
  }
  return null;
}

function reportOf({ id, message }: MessageNode): Report | null {
  if (message === null) return null;
  const { role } = asObject(message.author);
  if (role !== 'tool' && role !== 'function' && role !== 'assistant' && role !== 'system') return null;
  const { chatgpt_sdk, venus_widget_state, widget_state, tool_response_metadata } = asObject(
    message.metadata,
  );
  const state =
    stateIn({ chatgpt_sdk, widget_state, venus_widget_state, tool_response_metadata }) ??
    (role === 'assistant' ? null : stateIn(asArray(asObject(message.content).parts)));
  if (state === null) return null;
  const report = asObject(state.report_message);
  const words = textOf(report);
  return {
    id: asString(report.id) ?? `${id}/report`,
    title: asString(asObject(state.plan).title) ?? asString(state.title),
    message: {
      author: { role: 'assistant' },
      content: { content_type: 'text', parts: [words] },
      metadata: asObject(report.metadata),
    },
  };
}

/** The reports of a conversation by the node that has each; null for an earlier state of one that goes on below. */
export function reportsOf(nodes: MessageNode[]): Map<string, Report | null> {
  const reports = new Map<string, Report | null>();
  const nodeOf = new Map<string, string>();
  for (const node of nodes) {
    const report = reportOf(node);
    if (report === null) continue;
    const earlier = nodeOf.get(report.id);
    if (earlier !== undefined) reports.set(earlier, null);
    nodeOf.set(report.id, node.id);
    reports.set(node.id, report);
  }
  return reports;
}
