// What each scope lets an app do, in words for the person who is asked.
const descriptions: Readonly<Record<string, string>> = {
  'vault.read': 'Read and search your notes',
  'vault.write': 'Read, create, change and delete notes',
  openid: 'Know which account of this server you use',
  profile: 'Know your username',
  offline_access: 'Stay connected until you revoke it',
};

/** In the order of this file; a scope without words of its own is shown by its name. */
export function describeScopes(scopes: readonly string[]): Array<{ name: string; description: string }> {
  const known = Object.keys(descriptions).filter((name) => scopes.includes(name));
  const others = scopes.filter((name) => !(name in descriptions));
  return [...known, ...others].map((name) => ({ name, description: descriptions[name] ?? name }));
}
