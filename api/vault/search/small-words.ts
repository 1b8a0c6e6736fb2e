// The words that say nothing about a note: "how", "the", 어떻게, 什么. They weigh nothing beside others.
import { eng, jpn, kor, zho } from 'stopword';

const words = new Set([...eng, ...kor, ...jpn, ...zho]);
const chinese = new Set(zho);

/** Made when it is needed: it takes as long as opening the index. */
let segmenter: Intl.Segmenter | undefined;
const hangul = /\p{sc=Hangul}/u;

/** Of a word as it is folded for searching, in lower case. */
export function isSmallWord(word: string): boolean {
  return words.has(word) || isChineseSmallWord(word);
}

/**
 * What is left of a run of characters without its small words, piece by piece: 什么是神经网络 is 神经网络. Korean has spaces
 * between its words, so a run of it is one.
 */
export function withoutSmallWords(run: string): string[] {
  if (hangul.test(run)) {
    return isSmallWord(run) ? [] : [run];
  }
  segmenter ??= new Intl.Segmenter('zh', { granularity: 'word' });
  const pieces = [''];
  for (const { segment } of segmenter.segment(run)) {
    if (isSmallWord(segment)) {
      pieces.push('');
    } else {
      pieces.push((pieces.pop() ?? '') + segment);
    }
  }
  return pieces.filter((piece) => piece !== '');
}

// The list has single characters, and what a sentence has is made of them: 什么, 我们.
function isChineseSmallWord(word: string): boolean {
  return word.length > 1 && Array.from(word).every((character) => chinese.has(character));
}
