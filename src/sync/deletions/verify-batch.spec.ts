import { VerifyBatch } from './verify-batch.js';

const sizes = (limited: boolean, count: number): number[] => {
  const batch = new VerifyBatch(limited);
  return Array.from({ length: count }, () => batch.next());
};

describe('VerifyBatch', () => {
  it('begins with one document, which any budget allows, and doubles', () => {
    expect(sizes(false, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 256]);
  });

  it('stays small once the source has asked to wait', () => {
    expect(sizes(true, 6)).toEqual([1, 2, 4, 8, 8, 8]);
  });
});
