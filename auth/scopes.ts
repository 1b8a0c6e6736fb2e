// Which scopes there are, how a request's are read, and which an answer names.

export const vaultScopes = ['vault.read', 'vault.write'] as const;

export function isVaultScope(scope: string): boolean {
  return (vaultScopes as readonly string[]).includes(scope);
}
