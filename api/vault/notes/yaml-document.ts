// YAML as the library reads it, with bounds: up to the first thing that is wrong, and no deeper or more tangled than
// anybody writes.
import {
  Composer,
  type Document,
  isAlias,
  isCollection,
  isPair,
  isScalar,
  Parser,
  type Scalar,
  visit,
} from 'yaml';

/** Levels of lists and maps. */
const deepest = 64;
/** In all: each may repeat a whole subtree (the "billion laughs"). */
const mostAliases = 50;

/** The message says in what way. */
export class BadYaml extends Error {
  override readonly name = 'BadYaml';
}

/**
 * The first document of `source`; with the tokens that each part of it is written as, where they are kept. Throws BadYaml,
 * and RangeError where it is too deep for the stack.
 */
export function parseYaml(source: string, { keepSourceTokens = false } = {}): Document.Parsed {
  // Without the tags of YAML 1.1 (!!binary, !!set): what they mark stays as it is written. `uniqueKeys` would compare
  // each key of a map with all before it; a warning would say what the note does, on standard error.
  const options = {
    resolveKnownTags: false,
    uniqueKeys: false,
    logLevel: 'error',
    keepSourceTokens,
  } as const;
  const composer = new Composer(options);
  // The library goes on after an error, and makes an object with a stack for each: 60,000 brackets took it 4 s.
  Object.assign(composer, { onError: stopAtFirst });
  const [document] = composer.compose(readTokens(source), true, source.length);
  if (document === undefined || document.errors.length > 0) {
    throw invalid();
  }
  check(document.contents, 1, { aliases: 0 });
  return document;
}

/** The plain value of a document that parseYaml has given, which is changed. */
export function toPlainValue(document: Document.Parsed): unknown {
  visit(document, {
    Scalar: (place, scalar) => {
      if (place !== 'key') keepDigits(scalar);
    },
  });
  return document.toJS({ maxAliasCount: mostAliases });
}

const digits = /^-?\d+(?:\.\d+)?$/;

// `01012345678`, `1.10` and what has more digits than a number keeps are looked for, and shown, as somebody wrote them. What is
// written as only programs do (`0x1F`, `1e3`) is a number.
function keepDigits(scalar: Scalar): void {
  const { value, source = '' } = scalar;
  if (typeof value === 'number' && digits.test(source) && String(value) !== source) {
    scalar.value = source;
  }
}

const invalid = (): BadYaml => new BadYaml('it is not valid YAML');

function stopAtFirst(_source: unknown, _code: string, _message: string, isWarning = false): void {
  if (!isWarning) {
    throw invalid();
  }
}

type Token = Parameters<Composer['next']>[0];

function* readTokens(source: string): Generator<Token> {
  for (const token of new Parser().parse(source)) {
    if (token.type === 'error') {
      throw invalid();
    }
    yield token;
  }
}

function check(node: unknown, depth: number, seen: { aliases: number }): void {
  if (isAlias(node)) {
    seen.aliases += 1;
  }
  if (depth > deepest || seen.aliases > mostAliases) {
    throw new BadYaml('it is nested too deeply');
  }
  if (!isCollection(node)) {
    return;
  }
  const keys = new Set<unknown>();
  for (const item of node.items) {
    if (isPair(item)) {
      requireNew(item.key, keys);
      check(item.key, depth + 1, seen);
      check(item.value, depth + 1, seen);
    } else {
      check(item, depth + 1, seen);
    }
  }
}

function requireNew(key: unknown, keys: Set<unknown>): void {
  const value = isScalar(key) ? key.value : key;
  if (keys.has(value)) {
    throw invalid();
  }
  keys.add(value);
}
