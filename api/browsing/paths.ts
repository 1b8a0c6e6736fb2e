// Paths of the vault in addresses, and back.

/** As written where it is no encoding of anything. */
export function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Slashes stay, for proxies that refuse %2F. */
export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
