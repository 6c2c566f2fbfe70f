import { scriptedModel } from '../../examples/chat/model.ts';
import { condition } from '../api/live/support.ts';

/** The scripted model, which says a word when it is let. */
export function gatedModel() {
  const waiting: (() => void)[] = [];
  let isOpen = true;
  const pause = () =>
    new Promise<void>((resolve) => {
      if (isOpen) resolve();
      else waiting.push(resolve);
    });
  return {
    model: scriptedModel(pause),
    /** Lets one word out. */
    async word(): Promise<void> {
      await condition(() => waiting.length > 0);
      waiting.shift()!();
    },
    /** Lets all words out, from now on. */
    open(): void {
      isOpen = true;
      for (const resolve of waiting.splice(0)) resolve();
    },
    close(): void {
      isOpen = false;
    },
  };
}
