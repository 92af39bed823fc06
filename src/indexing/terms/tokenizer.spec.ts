import fc from 'fast-check';
import { tokenize } from './tokenizer.js';

describe('tokenize', () => {
  it('gives lower-case runs of letters and digits', () => {
    expect(tokenize('Ship v2.10 on 8 May, ERR_CONN-42!')).toEqual([
      'ship', 'v2', '10', 'on', '8', 'may', 'err', 'conn', '42',
    ]); // prettier-ignore
  });

  it('drops what an apostrophe ties to a word', () => {
    expect(tokenize("Anna's team, the boss' car")).toEqual(['anna', 'team', 'the', 'boss', 'car']);
    expect(tokenize('Anna’s plan')).toEqual(['anna', 'plan']);
    expect(tokenize("I'd say we're done, I'm sure; we've won, you'll see")).toEqual(
      'i say we done i sure we won you see'.split(' '),
    );
    expect(tokenize("café's")).toEqual(['cafe']);
  });

  it('keeps apostrophes inside names and foreign words as boundaries', () => {
    expect(tokenize("O'Brien, l'avion, 's gravenhage, it'san")).toEqual(
      'o brien l avion s gravenhage it san'.split(' '),
    );
  });

  it('takes accents off and folds compatibility forms', () => {
    expect(tokenize('Crème BRÛLÉE İstanbul ﬁle ＡＢＣ①')).toEqual([
      'creme', 'brulee', 'istanbul', 'file', 'abc1',
    ]); // prettier-ignore
    expect(tokenize('Ёлка Ἀθήνα')).toEqual(['елка', 'αθηνα']);
  });

  it('keeps Korean and Japanese voiced characters composed', () => {
    expect(tokenize('한')).toEqual(['한']);
    expect(tokenize('が')).toEqual(['が']);
  });

  it('turns scripts without spaces into overlapping pairs', () => {
    expect(tokenize('東京都 に GitHub導入 中')).toEqual([
      '東京',
      '京都',
      'に',
      'github',
      '導入',
      '中',
    ]);
    expect(tokenize('サーバー')).toEqual(['サー', 'ーバ', 'バー']);
    expect(tokenize('𠀋𠀌𠀍')).toEqual(['𠀋𠀌', '𠀌𠀍']);
  });

  it('keeps the vowel marks of Indic words inside the word', () => {
    expect(tokenize('हिन्दी भाषा')).toEqual(['हिन्दी', 'भाषा']);
  });

  it('gives nothing for text without letters or digits', () => {
    expect(tokenize('')).toEqual([]);
    expect(tokenize(' -- 🎉 …')).toEqual([]);
    expect(tokenize('\ud800 \udc00')).toEqual([]);
  });

  it('reads an ASCII text the same on both paths', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        expect(tokenize(`${text} é`)).toEqual([...tokenize(text), 'e']);
        expect(tokenize(`${text} 中`)).toEqual([...tokenize(text), '中']);
      }),
    );
  });

  it('does not depend on the composition or width of its input', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(tokenize(text.normalize('NFD'))).toEqual(tokenize(text.normalize('NFC')));
      }),
    );
  });
});
