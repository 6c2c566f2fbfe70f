import type { ExportFolder } from './chatgpt/folder.ts';
import type { SlackExport } from './slack/slack-export.ts';

/** What is kept in mind while the files of a run are read one after the other. */
export interface ChatExportState {
  /** The conversations already read. */
  items: Set<string>;
  /** What lies beside the conversations, by folder. */
  folders: Map<string, ExportFolder>;
  /** Files that come in with the conversations they belong to. */
  claimed: Set<string>;
}

/** What is kept in mind from file to file. */
export interface ReadState extends ChatExportState {
  /** The folders that were looked at; null for one that is no Slack export. */
  slack: Map<string, SlackExport | null>;
  /** Folders, and whether they belong to source code. */
  sourceTrees: Map<string, boolean>;
  /** The titles that Claude Code keeps in other files than the session, by folder and by the message they are of. */
  sessionTitles: Map<string, Map<string, string>>;
}

export function createReadState(): ReadState {
  return {
    items: new Set(),
    folders: new Map(),
    claimed: new Set(),
    slack: new Map(),
    sourceTrees: new Map(),
    sessionTitles: new Map(),
  };
}
