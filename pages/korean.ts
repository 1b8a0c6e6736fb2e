// Korean particles: which of two forms follows a name, by how its end is read aloud.
import { josa } from 'es-hangul';

/** What may stand behind a name in words: `{name_이가}` is the particle alone, `{name}` the name. */
export const particles = {
  이가: '이/가',
  을를: '을/를',
  은는: '은/는',
  와과: '와/과',
  으로: '으로/로',
} as const;

type Particle = (typeof particles)[keyof typeof particles];

// In Korean and as the English word: "Claude 2" is read either way.
const digits = ['영 로', '일 원', '이 투', '삼 리', '사 포', '오 브', '육 스', '칠 븐', '팔 트', '구 인'];
// Letters read one by one: these end in a consonant, all others in a vowel.
const letters: Readonly<Record<string, string>> = { L: '엘', M: '엠', N: '엔', R: '알' };

/** One form where every reading of the name takes the same, else both as Koreans write them: `이(가)`, `(으)로`. */
export function particleAfter(name: string, particle: Particle): string {
  const forms = new Set(readingsOf(name).map((reading) => josa.pick(reading, particle)));
  const [form] = forms;
  return form !== undefined && forms.size === 1 ? form : bothForms(particle);
}

function bothForms(particle: Particle): string {
  if (particle === '와/과') return '와(과)';
  if (particle === '으로/로') return '(으)로';
  return particle.replace('/', '(').concat(')');
}

/** Hangul whose ends sound as the name's; none where that takes knowing the word. */
function readingsOf(name: string): string[] {
  const characters = [...name.slice(-64).normalize('NFC')];
  const end = characters.findLastIndex((character) => /[\p{L}\p{N}]/u.test(character));
  const [before = '', last = ''] = [characters[end - 1], characters[end]];
  if (/[가-힣]/.test(last)) return [last];
  if (/\d/.test(last)) return /\d/.test(before) ? [] : (digits[Number(last)]?.split(' ') ?? []);
  // "GPT" and a letter of its own are spelt out. With a vowel it may be a word.
  const start = characters.findLastIndex((character, at) => at <= end && !/[A-Z]/.test(character));
  const capitals = characters.slice(start + 1, end + 1);
  const isWord = capitals.length > 1 && capitals.some((letter) => /[AEIOUY]/.test(letter));
  const isSpelt = capitals.length > 1 ? !isWord : /[A-Z]/.test(last) && !/\p{L}/u.test(before);
  return isSpelt ? [letters[last] ?? '피'] : [];
}
