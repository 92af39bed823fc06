import fc from 'fast-check';
import { porterStem } from './porter.js';

// The example words of the 1980 paper, step by step, with their final stems.
const PAPER = `
caresses caress, ponies poni, ties ti, caress caress, cats cat, feed feed, agreed agre,
plastered plaster, bled bled, motoring motor, sing sing, conflated conflat, troubled troubl,
sized size, hopping hop, tanned tan, falling fall, hissing hiss, fizzed fizz, failing fail,
filing file, happy happi, sky sky, relational relat, conditional condit, rational ration,
valenci valenc, hesitanci hesit, digitizer digit, conformabli conform, radicalli radic,
differentli differ, vileli vile, analogousli analog, vietnamization vietnam, predication predic,
operator oper, feudalism feudal, decisiveness decis, hopefulness hope, callousness callous,
formaliti formal, sensitiviti sensit, sensibiliti sensibl, triplicate triplic, formative form,
formalize formal, electriciti electr, electrical electr, hopeful hope, goodness good,
revival reviv, allowance allow, inference infer, airliner airlin, gyroscopic gyroscop,
adjustable adjust, defensible defens, irritant irrit, replacement replac, adjustment adjust,
dependent depend, adoption adopt, homologou homolog, communism commun, activate activ,
angulariti angular, homologous homolog, effective effect, bowdlerize bowdler, probate probat,
rate rate, cease ceas, controll control, roll roll,
connect connect, connected connect, connecting connect, connection connect, connections connect,
generalizations gener, oscillators oscil`;

describe('porterStem', () => {
  it.each(
    PAPER.trim()
      .split(/,\s+/)
      .map((pair) => pair.split(' ')),
  )('stems %s to %s, as the paper does', (word, stem) => {
    expect(porterStem(word ?? '')).toBe(stem);
  });

  it('follows the paper where the author later departed from it', () => {
    expect(porterStem('possibly')).toBe('possibli');
    expect(porterStem('archaeology')).toBe('archaeologi');
  });

  it('treats y as a vowel after a consonant only', () => {
    expect(porterStem('syzygy')).toBe('syzygi');
    expect(porterStem('toy')).toBe('toi');
    expect(porterStem('crying')).toBe('cry');
  });

  it('leaves short words, numbers, codes and other scripts as they are', () => {
    for (const word of ['is', 'as', 'a', 'e2e', '42s', 'straße', 'données', 'größen', 'работами']) {
      expect(porterStem(word)).toBe(word);
    }
  });

  it('never lengthens a word and never empties it', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{1,80}$/), (word) => {
        const stem = porterStem(word);
        expect(stem.length).toBeGreaterThan(0);
        expect(stem.length).toBeLessThanOrEqual(word.length);
      }),
    );
  });
});
