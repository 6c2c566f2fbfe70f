import type { CallToolResult, Tool as ListedTool, ToolAnnotations } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { ColloquyError, errorInOneLine } from '../lib/errors.ts';
import type { Caller, Need } from './caller.ts';
import { quoted } from './quoted.ts';

/**
 * Asks the API one operation, as the caller and through the door that every client goes through: its rights, limits and audit hold.
 * @throws ColloquyError with the code, message and hint of the first error
 */
// biome-ignore lint/suspicious/noExplicitAny: who asks knows the shape of what it asked for
export type Ask = (document: string, variables: Record<string, unknown>) => Promise<any>;

export interface Context {
  ask: Ask;
  caller: Caller;
}

/** Something that an answer points at, and that can be opened. */
export interface ResourceLink {
  uri: string;
  name: string;
  title?: string;
  mimeType: string;
}

interface Definition<Input extends z.ZodObject, Output extends z.ZodObject> {
  name: string;
  title: string;
  description: string;
  need: Need;
  hints: Pick<ToolAnnotations, 'readOnlyHint' | 'destructiveHint' | 'idempotentHint'>;
  input: Input;
  output: Output;
  /** Whether the answer quotes what people stored. */
  quotes: boolean;
  run(given: z.output<Input>, context: Context): Promise<{ answer: z.input<Output>; links?: ResourceLink[] }>;
}

export interface Tool {
  name: string;
  need: Need;
  listed: ListedTool;
  /** @throws ColloquyError CQ200 for arguments that do not fit; what the API throws */
  call(given: unknown, context: Context): Promise<CallToolResult>;
}

/** A schema as clients read it; draft 7 is what their validators know. */
function jsonSchema(schema: z.ZodObject, io: 'input' | 'output'): ListedTool['inputSchema'] {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-7' });
  return rest as ListedTool['inputSchema'];
}

function read<Input extends z.ZodObject>(name: string, input: Input, given: unknown): z.output<Input> {
  const { data, error } = input.safeParse(given ?? {});
  if (data !== undefined) return data;
  const [issue] = error!.issues;
  const where = issue!.path.join('.');
  throw new ColloquyError('CQ200', `${where ? `${where}: ` : ''}${issue!.message}.`.replace(/\.\.$/, '.'), {
    hint: `The input schema of ${name} says what it takes.`,
  });
}

/** Makes a tool of its description and what it does. */
export function tool<Input extends z.ZodObject, Output extends z.ZodObject>(
  definition: Definition<Input, Output>,
): Tool {
  const { name, title, description, need, hints, input, output, quotes } = definition;
  return {
    name,
    need,
    listed: {
      name,
      title,
      description,
      inputSchema: jsonSchema(input, 'input'),
      outputSchema: jsonSchema(output, 'output') as NonNullable<ListedTool['outputSchema']>,
      // it reaches the workspace and nothing beyond
      annotations: { title, ...hints, openWorldHint: false },
    },
    async call(given, context) {
      const { answer, links = [] } = await definition.run(read(name, input, given), context);
      const structuredContent = output.parse(answer) as Record<string, unknown>;
      const text = JSON.stringify(structuredContent);
      return {
        structuredContent,
        content: [
          { type: 'text', text: quotes ? quoted(text) : text },
          ...links.map((link) => ({ type: 'resource_link' as const, ...link })),
        ],
      };
    },
  };
}

/** An error as a model reads it: it can act on it, so it is a result and none of the protocol's errors. */
export function failed(error: ColloquyError): CallToolResult {
  const { code, message, hint } = error;
  return {
    isError: true,
    content: [{ type: 'text', text: errorInOneLine(error) }],
    _meta: { 'colloquy/error': { code, message, hint } },
  };
}
