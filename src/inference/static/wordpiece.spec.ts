import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../common/compiled.js';
import { normalizeBert, splitBertWords } from './bert-normalizer.js';
import { PieceTrie } from './piece-trie.js';
import { readTokenizer } from './read-tokenizer.js';
import { WordPieceTokenizer } from './wordpiece.js';

const tokenizerOf = (tokenizerJson: string): WordPieceTokenizer =>
  new WordPieceTokenizer(readTokenizer(tokenizerJson));

const uncased = { cleanText: true, handleChineseChars: true, stripAccents: true, lowercase: true };

describe('normalizeBert', () => {
  it.each([
    [
      'control, format and private characters are dropped',
      'a\u0000b\u200bc\ue000d\ufffde',
      'abcde',
    ],
    ['white space of every kind becomes a space', 'a\tb\nc\u00a0d\u2003e', 'a b c d e'],
    ['accents go', 'Café déjà', 'cafe deja'],
    ['ideographs stand alone, kana do not', '漢字かな', ' 漢  字 かな'],
    ['a capital sigma at the end has no final form', 'ΟΔΟΣ', 'οδοσ'],
    ['a lone surrogate is dropped', 'a\ud800b', 'ab'],
  ])('%s', (_name, text, expected) => {
    expect(normalizeBert(text, uncased)).toBe(expected);
  });

  it('leaves case and accents to cased models', () => {
    const cased = { ...uncased, stripAccents: false, lowercase: false };
    expect(normalizeBert('Café', cased)).toBe('Café');
  });
});

describe('splitBertWords', () => {
  it('makes a word of each punctuation character', () => {
    expect(splitBertWords("don't stop… now")).toEqual(['don', "'", 't', 'stop', '…', 'now']);
  });
});

describe('WordPieceTokenizer', () => {
  const json = (vocab: string[], added: object[] = []): string =>
    JSON.stringify({
      added_tokens: added,
      normalizer: { type: 'BertNormalizer' },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      model: {
        type: 'WordPiece',
        vocab: Object.fromEntries(vocab.map((token, id) => [token, id])),
      },
    });
  const encode = (tokenizer: WordPieceTokenizer, text: string, limit = 512): number[] => {
    const ids = new Int32Array(limit);
    return Array.from(ids.subarray(0, tokenizer.encode(text, ids)));
  };
  const small = tokenizerOf(json(['[UNK]', 'un', 'unaff', '##aff', '##able', 'able', '-']));

  it('takes the longest piece from the left', () => {
    expect(encode(small, 'unaffable')).toEqual([2, 4]);
    expect(encode(small, 'un-able')).toEqual([1, 6, 5]);
  });

  it('drops a word that cannot be covered to its end', () => {
    expect(encode(small, 'unaffablest able')).toEqual([5]);
  });

  it('counts a word that it does not know as one token per four characters', () => {
    expect(small.count('able zzzzzzzzz')).toBe(1 + 3);
  });

  describe('for a long word', () => {
    const path = join(projectRoot, 'assets/models/static-minilm-256/tokenizer.json');
    const real = tokenizerOf(readFileSync(path, 'utf8'));
    const lookupsFor = (text: string): number => {
      const lookups = jest.spyOn(PieceTrie.prototype, 'child');
      real.count(text);
      const { length } = lookups.mock.calls;
      lookups.mockRestore();
      return length;
    };

    it('looks up nothing beyond the length that the model reads', () => {
      expect(lookupsFor('word'.repeat(25))).toBeGreaterThan(0);
      expect(lookupsFor('word'.repeat(25) + 'x')).toBe(0);
      expect(lookupsFor('qX7'.repeat(100_000))).toBe(0);
      expect(real.count('qX7'.repeat(100))).toBe(75);
    });

    it('looks up each character a few times, also where no piece is long', () => {
      const base64 = createHash('sha512').update('any').digest('base64').repeat(1000);
      const lines = base64.replace(/.{80}/g, '$&\n');
      expect(lookupsFor(lines)).toBeLessThan(5 * lines.length);
    });

    it('counts the characters of a word, not their halves', () => {
      const tokenizer = tokenizerOf(json(['😀', '##😀']));
      expect(encode(tokenizer, '😀'.repeat(100))).toHaveLength(100);
      expect(encode(tokenizer, '😀'.repeat(101))).toHaveLength(0);
    });
  });

  it('stops where the room for ids ends', () => {
    expect(encode(small, 'un un un unaffable', 4)).toEqual([1, 1, 1, 2]);
  });

  it('splits at added tokens before it normalises', () => {
    const added = [
      { id: 0, content: '[UNK]', special: true },
      { id: 6, content: '<Able>', special: false },
    ];
    const tokenizer = tokenizerOf(json(['[UNK]', 'un', 'able', '<', '>', '##able'], added));
    expect(encode(tokenizer, 'un[UNK]able <Able>un <able>')).toEqual([1, 2, 6, 1, 3, 2, 4]);
    expect(tokenizer.size).toBe(7);
  });

  it('gives the same ids again from its cache', () => {
    const words = fc.array(fc.constantFrom('un', 'unaff', 'unaffable', 'able', 'zzz', '-', 'é'));
    fc.assert(
      fc.property(words, (parts) => {
        const text = parts.join('');
        expect(encode(small, text)).toEqual(
          encode(tokenizerOf(json(['[UNK]', 'un', 'unaff', '##aff', '##able', 'able', '-'])), text),
        );
      }),
    );
  });

  it('tokenises stretches between blanks by themselves', () => {
    const path = join(projectRoot, 'assets/models/static-minilm-256/tokenizer.json');
    const real = tokenizerOf(readFileSync(path, 'utf8'));
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 8 }), (parts) => {
        const together = encode(real, parts.join(' '));
        expect(together).toEqual(parts.flatMap((part) => encode(real, part)));
        expect(real.count(parts.join(' '))).toBeGreaterThanOrEqual(together.length);
      }),
    );
  });
});
