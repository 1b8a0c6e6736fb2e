// Values of well-known apps for people who type an id and a secret into them.

export interface Preset {
  readonly name: string;
  readonly redirectUris: readonly string[];
  readonly authMethod: string;
  readonly withoutPkce?: true;
  /** What is still to do after the app was made. */
  readonly next?: string;
}

export const presets: Readonly<Record<string, Preset>> = {
  'chatgpt-action': {
    name: 'GPT Action',
    redirectUris: [],
    authMethod: 'client_secret_post',
    withoutPkce: true,
    next:
      'Enter the id and the secret in the action’s authentication (token exchange method: default). ChatGPT then\n' +
      'shows its callback URL: add it with update --add-redirect-uri.',
  },
  chatgpt: {
    name: 'ChatGPT',
    redirectUris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
    authMethod: 'client_secret_post',
    next: 'If ChatGPT shows another callback URL (…/connector/oauth/…), add it with update --add-redirect-uri.',
  },
  claude: {
    name: 'Claude',
    redirectUris: ['https://claude.ai/api/mcp/auth_callback', 'https://claude.com/api/mcp/auth_callback'],
    authMethod: 'client_secret_post',
  },
  'claude-code': {
    name: 'Claude Code',
    redirectUris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
    authMethod: 'none',
  },
  cursor: {
    name: 'Cursor',
    redirectUris: [
      'http://localhost:8787/callback',
      'https://www.cursor.com/agents/mcp/oauth/callback',
      'cursor://anysphere.cursor-mcp/oauth/callback',
    ],
    authMethod: 'client_secret_post',
  },
  vscode: {
    name: 'Visual Studio Code',
    redirectUris: ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
    authMethod: 'none',
  },
  inspector: {
    name: 'MCP Inspector',
    redirectUris: ['http://localhost:6274/oauth/callback'],
    authMethod: 'none',
  },
  'mcp-remote': {
    name: 'mcp-remote',
    redirectUris: ['http://localhost/oauth/callback', 'http://127.0.0.1/oauth/callback'],
    authMethod: 'none',
  },
};
