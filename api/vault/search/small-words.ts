// The words that say nothing about a note: "how", "the", 어떻게, 什么. They weigh nothing beside others.
import { eng, jpn, kor, zho } from 'stopword';

const words = new Set([...eng, ...kor, ...jpn, ...zho]);
const chinese = new Set(zho);

/** Made when it is needed: it takes as long as opening the index. */
let segmenter: Intl.Segmenter | undefined;
const hangul = /\p{sc=Hangul}/u;

/** Of a word as it is folded for searching, in lower case. */
export function isSmallWord(word: string): boolean {
  return words.has(word) || isChineseSmallWord(word) || isKoreanSmallWord(word);
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

// The list has 무엇, and what a question has is 무엇인가요, 무엇을: what stands behind may be a particle or the copula.
const koreanEnd = /^(?:[은는을를의도가]|이|인[가지]?|이?[야죠]|이?에요|예요|입니까|인가요|이며)요?$/;
const shortestKorean = 2;

function isKoreanSmallWord(word: string): boolean {
  if (word.length <= shortestKorean || !hangul.test(word)) {
    return false;
  }
  const stems = [1, 2, 3].map((end) => word.slice(0, -end)).filter(({ length }) => length >= shortestKorean);
  return stems.some((stem) => words.has(stem) && koreanEnd.test(word.slice(stem.length)));
}

// The list has single characters, and what a sentence has is made of them: 什么, 我们.
function isChineseSmallWord(word: string): boolean {
  return word.length > 1 && Array.from(word).every((character) => chinese.has(character));
}
