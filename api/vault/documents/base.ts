// A base (Obsidian Bases) as text: what it filters by, its formulas, its properties and its views.
import { BadYaml, parseYaml, toPlainValue } from '../notes/yaml-document.ts';
import { type Description, NotDescribable } from './description.ts';

/** Characters. YAML costs about 100 µs a kilobyte; what a person sets up has a few. */
export const longestBase = 64 * 1024;
/** Characters: bounds what aliases may unfold to. */
const longestText = 256 * 1024;

const titles = new Map([
  ['filters', 'Filters'],
  ['formulas', 'Formulas'],
  ['properties', 'Properties'],
  ['summaries', 'Summaries'],
]);
/** How the statements in a filter go together. */
const conjunctions = new Map([
  ['and', 'all of'],
  ['or', 'any of'],
  ['not', 'none of'],
]);

/** Throws NotDescribable. */
export function describeBase(source: string): Description {
  const sections = Object.entries(parseFields(source)).flatMap(([name, value]) =>
    name === 'views' && Array.isArray(value)
      ? value.map(describeView)
      : [describeSection(titles.get(name) ?? name, value)],
  );
  const text = sections.join('\n\n');
  if (text.length > longestText) {
    throw tooMuch();
  }
  return { text, cards: [], files: [] };
}

function parseFields(source: string): Record<string, unknown> {
  if (source.length > longestBase) {
    throw new NotDescribable(`it is longer than ${longestBase} characters`);
  }
  const json = toJson(source);
  if (json.length > longestText) {
    throw tooMuch();
  }
  const value: unknown = JSON.parse(json);
  if (!isMap(value)) {
    throw new NotDescribable('it is not a list of fields');
  }
  return value;
}

// Through JSON: a circular value throws, as YAML that is nested too deeply for the stack does.
function toJson(source: string): string {
  try {
    return JSON.stringify(toPlainValue(parseYaml(source)) ?? {});
  } catch (cause) {
    throw new NotDescribable(cause instanceof BadYaml ? cause.message : 'it is not valid YAML', { cause });
  }
}

const tooMuch = (): NotDescribable => new NotDescribable('it unfolds to too much');

function describeView(view: unknown): string {
  if (!isMap(view)) {
    return describeSection('View', view);
  }
  const { name, type, ...rest } = view;
  return describeSection(`View: ${showLeaf(name ?? '')} (${showLeaf(type ?? 'no type')})`, rest);
}

const describeSection = (title: string, value: unknown): string =>
  [`## ${title}`, ...outline(value, '')].join('\n');

function outline(value: unknown, indent: string): string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item) =>
      isNested(item) ? outline(item, indent) : [`${indent}- ${showLeaf(item)}`],
    );
  }
  if (!isMap(value)) {
    return [`${indent}- ${showLeaf(value)}`];
  }
  return Object.entries(value).flatMap(([name, member]) => outlineMember(name, member, indent));
}

function outlineMember(name: string, member: unknown, indent: string): string[] {
  const isList = Array.isArray(member);
  const shown = (isList && conjunctions.get(name)) || name;
  if (!isNested(member)) {
    return [`${indent}- ${shown}: ${showLeaf(member)}`];
  }
  const isShort = isList && shown === name && !member.some(isNested);
  return isShort
    ? [`${indent}- ${shown}: ${member.map(showLeaf).join(', ')}`]
    : [`${indent}- ${shown}:`, ...outline(member, `${indent}  `)];
}

const isNested = (value: unknown): boolean => typeof value === 'object' && value !== null;
const isMap = (value: unknown): value is Record<string, unknown> => isNested(value) && !Array.isArray(value);
const showLeaf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
