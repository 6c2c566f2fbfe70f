import { chatExport } from './chat-export.ts';
import { claudeCode } from './claude-code/format.ts';
import { codex } from './codex/format.ts';
import { deepseek } from './deepseek/format.ts';
import { discord } from './discord/format.ts';
import type { Format } from './format.ts';
import { gemini } from './gemini/format.ts';
import { grok } from './grok/format.ts';
import { lfsPointer } from './lfs-pointer.ts';
import { librechat } from './librechat/format.ts';
import { openWebui } from './open-webui/format.ts';
import { repomix } from './repomix/read.ts';
import { slack } from './slack/format.ts';
import { unknownJson } from './unknown-json/format.ts';
import { upload } from './upload.ts';

/**
 * Every format that is recognised, in the order in which they are asked; what none of them knows is one document of text. A new
 * one is a folder here and a line below.
 */
export const formats: Format[] = [
  lfsPointer,
  upload,
  slack,
  deepseek,
  grok,
  chatExport,
  claudeCode,
  codex,
  openWebui,
  librechat,
  gemini,
  discord,
  repomix,
  unknownJson,
];
