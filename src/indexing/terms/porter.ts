/**
 * The original Porter stemmer: M. F. Porter, "An algorithm for suffix stripping", Program 14(3),
 * 1980, pp. 130-137 (https://tartarus.org/martin/PorterStemmer/def.txt), without the later
 * departures (`bli`, `logi`) and without Porter 2. One rule is taken from the author's own
 * programs: words of one or two letters stay as they are.
 *
 * Takes lower-case ASCII words; anything else is returned untouched, so that error codes, versions
 * and other languages are found as they are written. Not cached here: the encoder's bounded cache
 * keeps the final id of a token, which covers its stem.
 */
export function porterStem(word: string): string {
  if (!STEMMABLE.test(word)) return word;
  let stem = plural(word);
  stem = pastAndGerund(stem);
  stem = finalYToI(stem);
  stem = replaceSuffix(stem, STEP_2, 0);
  stem = replaceSuffix(stem, STEP_3, 0);
  stem = replaceSuffix(stem, STEP_4, 1);
  stem = finalE(stem);
  return finalDoubleL(stem);
}

type Rule = readonly [suffix: string, replacement: string];

/** Nothing longer is an English word, and the rules look back along the word. */
const STEMMABLE = /^[a-z]{3,64}$/;
const VOWELS = 'aeiou';

// A longer suffix stands before every suffix it ends with: only the longest match is tried.
const STEP_2: readonly Rule[] = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['izer', 'ize'],
  ['abli', 'able'],
  ['alli', 'al'],
  ['entli', 'ent'],
  ['eli', 'e'],
  ['ousli', 'ous'],
  ['ization', 'ize'],
  ['ation', 'ate'],
  ['ator', 'ate'],
  ['alism', 'al'],
  ['iveness', 'ive'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['aliti', 'al'],
  ['iviti', 'ive'],
  ['biliti', 'ble'],
];

const STEP_3: readonly Rule[] = [
  ['icate', 'ic'],
  ['ative', ''],
  ['alize', 'al'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ful', ''],
  ['ness', ''],
];

const STEP_4 = 'al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize'
  .split(' ')
  .map((suffix): Rule => [suffix, '']);

function isConsonant(word: string, at: number): boolean {
  const letter = word.charAt(at);
  if (VOWELS.includes(letter)) return false;
  // y is a vowel after a consonant (syzygy), else a consonant (toy, yes).
  return letter !== 'y' || at === 0 || !isConsonant(word, at - 1);
}

/** Porter's m: the number of vowel-consonant sequences in the first `length` letters. */
function measure(word: string, length: number): number {
  let sequences = 0;
  let afterVowel = false;
  for (let at = 0; at < length; at++) {
    const consonant = isConsonant(word, at);
    if (consonant && afterVowel) sequences++;
    afterVowel = !consonant;
  }
  return sequences;
}

/** Porter's *v*. */
function hasVowel(word: string, length: number): boolean {
  for (let at = 0; at < length; at++) if (!isConsonant(word, at)) return true;
  return false;
}

/** Porter's *d. */
function endsWithDoubleConsonant(word: string): boolean {
  const last = word.length - 1;
  return last > 0 && word[last] === word[last - 1] && isConsonant(word, last);
}

/** Porter's *o: the first `length` letters end consonant-vowel-consonant, the last not w, x, y. */
function endsCvc(word: string, length: number): boolean {
  return (
    length >= 3 &&
    isConsonant(word, length - 3) &&
    !isConsonant(word, length - 2) &&
    isConsonant(word, length - 1) &&
    !'wxy'.includes(word.charAt(length - 1))
  );
}

/** Step 1a. */
function plural(word: string): string {
  if (word.endsWith('sses') || word.endsWith('ies')) return word.slice(0, -2);
  if (word.endsWith('ss') || !word.endsWith('s')) return word;
  return word.slice(0, -1);
}

/** Step 1b. */
function pastAndGerund(word: string): string {
  if (word.endsWith('eed')) return measure(word, word.length - 3) > 0 ? word.slice(0, -1) : word;
  const cut = word.endsWith('ed') ? 2 : word.endsWith('ing') ? 3 : 0;
  if (cut === 0 || !hasVowel(word, word.length - cut)) return word;
  const stem = word.slice(0, -cut);
  if (stem.endsWith('at') || stem.endsWith('bl') || stem.endsWith('iz')) return `${stem}e`;
  if (endsWithDoubleConsonant(stem) && !'lsz'.includes(stem.charAt(stem.length - 1))) {
    return stem.slice(0, -1);
  }
  return measure(stem, stem.length) === 1 && endsCvc(stem, stem.length) ? `${stem}e` : stem;
}

/** Step 1c. */
function finalYToI(word: string): string {
  const stem = word.length - 1;
  return word.endsWith('y') && hasVowel(word, stem) ? `${word.slice(0, stem)}i` : word;
}

/** Steps 2 to 4: the first matching suffix decides, whether its condition holds or not. */
function replaceSuffix(word: string, rules: readonly Rule[], moreThan: number): string {
  for (const [suffix, replacement] of rules) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.length - suffix.length;
    const wanted = suffix !== 'ion' || 'st'.includes(word.charAt(stem - 1) || '-');
    return wanted && measure(word, stem) > moreThan ? word.slice(0, stem) + replacement : word;
  }
  return word;
}

/** Step 5a. */
function finalE(word: string): string {
  if (!word.endsWith('e')) return word;
  const stem = word.length - 1;
  const sequences = measure(word, stem);
  return sequences > 1 || (sequences === 1 && !endsCvc(word, stem)) ? word.slice(0, stem) : word;
}

/** Step 5b. */
function finalDoubleL(word: string): string {
  return word.endsWith('ll') && measure(word, word.length - 1) > 1 ? word.slice(0, -1) : word;
}
