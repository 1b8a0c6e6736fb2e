// What scopes allow: writing includes reading, so a token that may write may call everything.

/** Whether a token with the scopes `granted` may do what needs `needed`. */
export function allows(granted: readonly string[], needed: readonly string[]): boolean {
  return needed.every(
    (scope) => granted.includes(scope) || (scope === 'vault.read' && granted.includes('vault.write')),
  );
}
