// Documents of well-known clients (known/), for the first sign-in on a machine that their host can't be reached from.
import type { ClientDocument } from './document.ts';
import chatgpt from './known/chatgpt.json' with { type: 'json' };
import claude from './known/claude.json' with { type: 'json' };
import claudeCode from './known/claude-code.json' with { type: 'json' };
import codex from './known/codex.json' with { type: 'json' };
import vscode from './known/vscode.json' with { type: 'json' };

const documents: readonly ClientDocument[] = [chatgpt, codex, claude, claudeCode, vscode];

const byId = new Map(documents.map((document) => [document.client_id, document]));

export function findKnownDocument(id: string): ClientDocument | undefined {
  return byId.get(id);
}
