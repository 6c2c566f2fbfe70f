import { AbstractChat, type ChatState, type DefaultChatTransport, type UIMessage } from 'ai';
import { MockLanguageModelV4 } from 'ai/test';

/** As JSON has it, which is how messages come and go. */
export const json = <T>(value: T): T => JSON.parse(JSON.stringify(value));

const finish = (unified: string) => ({
  type: 'finish',
  finishReason: { unified, raw: undefined },
  usage: { inputTokens: { total: 7 }, outputTokens: { total: 5 } },
});

/** One call of a model. */
export interface Call {
  say(...parts: object[]): void;
  /** A piece of its text. */
  text(delta: string): void;
  /** Ends its text and itself. */
  end(): void;
  /** Ends with a call of a tool. */
  callTool(toolCallId: string, toolName: string, input: object): void;
  fail(): void;
  isAborted: boolean;
}

/** A model that says what it is told to, when it is. */
export function scriptedModel() {
  const calls: Call[] = [];
  const model = new MockLanguageModelV4({
    doStream: async ({ abortSignal }) => {
      let controller!: ReadableStreamDefaultController;
      const stream = new ReadableStream({
        start(given) {
          controller = given;
        },
      });
      const call: Call = {
        isAborted: false,
        say(...parts) {
          for (const part of parts) controller.enqueue(part);
        },
        text: (delta) => call.say({ type: 'text-delta', id: 't', delta }),
        end() {
          call.say({ type: 'text-end', id: 't' }, finish('stop'));
          controller.close();
        },
        callTool(toolCallId, toolName, input) {
          call.say(
            { type: 'tool-call', toolCallId, toolName, input: JSON.stringify(input) },
            finish('tool-calls'),
          );
          controller.close();
        },
        fail: () => controller.error(new Error('The model is away.')),
      };
      abortSignal?.addEventListener('abort', () => {
        call.isAborted = true;
        controller.error(abortSignal.reason);
      });
      call.say({ type: 'stream-start', warnings: [] });
      calls.push(call);
      return { stream };
    },
  });
  return { model, calls };
}

class State implements ChatState<UIMessage> {
  status: ChatState<UIMessage>['status'] = 'ready';
  error: Error | undefined;
  messages: UIMessage[];
  snapshot = json;
  constructor(messages: UIMessage[]) {
    this.messages = messages;
  }
  pushMessage(message: UIMessage): void {
    this.messages = [...this.messages, message];
  }
  popMessage(): void {
    this.messages = this.messages.slice(0, -1);
  }
  replaceMessage(index: number, message: UIMessage): void {
    this.messages = this.messages.with(index, json(message));
  }
}

/** A chat of the SDK, as useChat has one, without a framework. */
export class Page extends AbstractChat<UIMessage> {
  constructor(id: string, transport: DefaultChatTransport<UIMessage>, messages: UIMessage[] = []) {
    super({ id, transport, state: new State(messages) });
  }
  /** The texts of the last message. */
  get text(): string {
    return (this.messages.at(-1)?.parts ?? [])
      .flatMap((part) => (part.type === 'text' ? [part.text] : []))
      .join('\n\n');
  }
}
