// Where a person wanted to go when a page came in between. It is the browser's word, and leads nowhere but to our own pages.

/** The path and query, if it is one of ours; else `otherwise`. */
export function readWayBack(value: unknown, issuer: string, otherwise: string): string {
  if (typeof value !== 'string' || value.length > 2000) return otherwise;
  const { origin, pathname } = new URL(issuer);
  const way = URL.parse(value, issuer);
  const path = pathname.replace(/\/$/, '');
  if (!way || way.origin !== origin || !isPage(way.pathname, path)) return otherwise;
  return `${way.pathname}${way.search}`;
}

function isPage(path: string, issuerPath: string): boolean {
  if (!path.startsWith(`${issuerPath}/`)) return false;
  return /^\/(account|connect|interaction)(\/[\w/-]*)?$/.test(path.slice(issuerPath.length));
}
