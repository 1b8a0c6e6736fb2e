// Which sources a test file covers: test/auth/x.test.ts covers auth/x.ts; flows and project tests cover nothing by name.
// biome-ignore lint/style/noDefaultExport: tap reads the map from the default export
export default (test) => {
  const source = test.replace(/^test\//, '').replace(/\.test\.ts$/, '.ts');
  return /^(auth|api|adapters|pages)\//.test(source) ? [source] : null;
};
