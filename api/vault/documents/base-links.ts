// The links of a base (Obsidian Bases) as they stand in its YAML: in the filters and formulas that name a note, as
// `link("Note")`, `file.hasLink("Note")`, `file("Note")` and `"[[Note]]"` do.
import { isMap, isScalar, isSeq, type ParsedNode, type Scalar } from 'yaml';
import { readScalar } from '../notes/written/property-links.ts';
import { findInlineLinks, placeLinks, type WrittenLink } from '../notes/written/text-links.ts';
import { parseYaml } from '../notes/yaml-document.ts';
import type { Steps } from '../pace/steps.ts';
import { longestBase } from './base.ts';
import { type Literal, listLiterals } from './expression.ts';

/** `id` is the base's. In the order of the file; none where it can't be read. */
export function* findBaseLinks(source: string, id: string): Steps<WrittenLink[]> {
  const links: WrittenLink[] = [];
  for (const scalar of listExpressions(source)) {
    const value = readScalar(source, scalar, 0);
    if (value !== undefined) {
      for (const literal of listLiterals(value.text)) {
        const found = yield* findLiteralLinks(literal, id);
        for (const link of placeLinks(found, value, -literal.start)) links.push(link);
      }
    }
    yield;
  }
  return links.sort((a, b) => a.start - b.start);
}

function* findLiteralLinks({ text, isName }: Literal, id: string): Steps<WrittenLink[]> {
  // A name is what else stands in the brackets of a link.
  const bracket = isName && !text.includes('[[') ? 2 : 0;
  const written = '['.repeat(bracket) + text + ']'.repeat(bracket);
  const links = (yield* findInlineLinks(written, id)).filter(({ form }) => form === 'wiki');
  return links.map((link) => ({ ...link, start: link.start - bracket, end: link.end - bracket }));
}

function listExpressions(source: string): Scalar[] {
  if (source.length > longestBase) {
    return [];
  }
  try {
    const { contents } = parseYaml(source);
    const views = membersOf(memberOf(contents, 'views'));
    const roots = [
      ...['filters', 'formulas', 'summaries'].map((name) => memberOf(contents, name)),
      ...views.map((view) => memberOf(view, 'filters')),
    ];
    return roots.flatMap(listTexts);
  } catch {
    // Whatever it is, it is no base.
    return [];
  }
}

type Node = ParsedNode | null | undefined;

function memberOf(node: Node, name: string): Node {
  const pair = isMap(node)
    ? node.items.find(({ key }) => isScalar(key) && String(key.value) === name)
    : undefined;
  return pair?.value as Node;
}

function membersOf(node: Node): Node[] {
  if (isSeq(node)) {
    return node.items as Node[];
  }
  return isMap(node) ? node.items.map(({ value }) => value as Node) : [];
}

/** Nested no deeper than parseYaml allows. */
function listTexts(node: Node): Scalar[] {
  return isScalar(node)
    ? [node].filter(({ value }) => typeof value === 'string')
    : membersOf(node).flatMap(listTexts);
}
