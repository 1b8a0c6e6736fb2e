// How each app is given the MCP URL: its steps in order, what is typed, and install links as their makers define them.
// docs/clients.md says what was tried, and where the words of menus come from.
import type { WordKey } from '../../pages/words.ts';

interface Step {
  readonly say: WordKey;
  /** To copy; also what a link of ours would do. */
  readonly text?: string;
  readonly link?: string;
}

export interface ClientSetup {
  /** The anchor on the page. */
  readonly id: string;
  /** Undefined for all others. */
  readonly name?: string;
  /** True of an app that calls from its maker's servers. */
  readonly isOnWeb?: boolean;
  readonly steps: readonly Step[];
  readonly checked?: WordKey;
}

export function listClientSetups(mcpUrl: string): ClientSetup[] {
  return [
    {
      id: 'chatgpt',
      name: 'ChatGPT',
      isOnWeb: true,
      steps: [{ say: 'connect.chatgptSettings' }, { say: 'connect.chatgptCreate' }, { say: 'connect.allow' }],
      checked: 'connect.chatgptChecked',
    },
    {
      id: 'claude',
      name: 'Claude',
      isOnWeb: true,
      steps: [{ say: 'connect.claudeSettings' }, { say: 'connect.claudeAdd' }, { say: 'connect.allow' }],
      checked: 'connect.claudeChecked',
    },
    {
      id: 'claude-code',
      name: 'Claude Code',
      steps: [
        {
          say: 'connect.terminal',
          text: command('claude', 'mcp', 'add', '--transport', 'http', 'loop', mcpUrl),
        },
        { say: 'connect.claudeCodeSignIn' },
      ],
    },
    {
      id: 'codex',
      name: 'Codex',
      steps: [
        { say: 'connect.terminal', text: command('codex', 'mcp', 'add', 'loop', '--url', mcpUrl) },
        { say: 'connect.codexSignIn', text: command('codex', 'mcp', 'login', 'loop') },
      ],
    },
    {
      id: 'cursor',
      name: 'Cursor',
      steps: [
        { say: 'connect.cursorInstall', link: cursorLink(mcpUrl) },
        { say: 'connect.cursorFile', text: json({ mcpServers: { loop: { url: mcpUrl } } }) },
      ],
    },
    {
      id: 'vscode',
      name: 'VS Code',
      steps: [
        { say: 'connect.vscodeInstall', link: vscodeLink(mcpUrl) },
        { say: 'connect.vscodeFile', text: json({ servers: { loop: { type: 'http', url: mcpUrl } } }) },
      ],
    },
    {
      id: 'gemini',
      name: 'Gemini CLI',
      steps: [
        {
          say: 'connect.terminal',
          text: command('gemini', 'mcp', 'add', '--transport', 'http', 'loop', mcpUrl),
        },
        { say: 'connect.geminiSignIn', text: command('/mcp', 'auth', 'loop') },
      ],
    },
    {
      id: 'other',
      steps: [
        { say: 'connect.otherUrl' },
        { say: 'connect.otherFile', text: json({ mcpServers: { loop: { type: 'http', url: mcpUrl } } }) },
        { say: 'connect.otherStdio', text: command('npx', 'mcp-remote', mcpUrl) },
      ],
    },
  ];
}

/** https://cursor.com/docs/mcp/install-links: a name, and the server's part of mcp.json in Base64. */
function cursorLink(url: string): string {
  const config = Buffer.from(JSON.stringify({ url })).toString('base64');
  return `cursor://anysphere.cursor-deeplink/mcp/install?name=loop&config=${encodeURIComponent(config)}`;
}

/** https://code.visualstudio.com/api/extension-guides/ai/mcp: the configuration as JSON, encoded for a URL. */
function vscodeLink(url: string): string {
  return `vscode:mcp/install?${encodeURIComponent(JSON.stringify({ name: 'loop', type: 'http', url }))}`;
}

/** One line that a POSIX shell takes as these words. What needs no quotes has none: other shells take it as well. */
function command(...words: readonly string[]): string {
  return words
    .map((word) => (/^[\w:/.,%+=@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}

function json(value: object): string {
  return JSON.stringify(value, null, 2);
}
