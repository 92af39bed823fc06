import { mediaTypeOf } from './media-types.js';

describe('media types', () => {
  it.each([
    ['a.md', 'text/markdown'],
    ['A.MARKDOWN', 'text/markdown'],
    ['page.htm', 'text/html'],
    ['table.csv', 'text/csv'],
    ['table.tsv', 'text/tab-separated-values'],
    ['paper.PDF', 'application/pdf'],
    ['a.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['a.xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    ['a.pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
    ['a.json', 'application/json'],
    ['a.yml', 'application/yaml'],
    ['a.log', 'text/plain'],
    ['a.py', 'text/plain'],
    ['README', 'text/plain'],
    ['Dockerfile', 'text/plain'],
  ])('reads %s as %s', (name, type) => {
    expect(mediaTypeOf(name)).toBe(type);
  });

  it.each(['a.png', 'a.zip', 'a.doc', 'a.exe', 'noextension', 'md', 'a.', '.md'])(
    'does not read %s',
    (name) => {
      expect(mediaTypeOf(name)).toBeNull();
    },
  );
});
