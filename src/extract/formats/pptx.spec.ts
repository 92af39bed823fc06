import { extractFormat } from '../extract-format.js';
import { pptx, rels, shape, slidePart, type PptxContent } from '../sample-files.contract.js';

const read = (content: PptxContent) => extractFormat('office', pptx(content));
const frame = (content: string): string =>
  `<p:graphicFrame><a:graphic><a:graphicData>${content}</a:graphicData></a:graphic></p:graphicFrame>`;

describe('presentations', () => {
  it('give every slide under its number and title, in the order of the show', async () => {
    const { title, text } = await read({
      slides: [
        shape(['Plans &#233; &amp; goals'], 'ctrTitle') + shape(['Second quarter'], 'subTitle'),
        shape(['One', 'Two'], 'body') + shape(['7'], 'sldNum') + shape(['ACME'], 'ftr'),
        shape(['ACME'], 'ftr'),
      ],
    });
    expect(title).toBe('Plans é & goals');
    expect(text).toBe(
      [
        '## Slide 1: Plans é & goals',
        'Second quarter',
        '## Slide 2',
        '- One\n- Two',
        '## Slide 3',
        'ACME',
      ].join('\n\n'),
    );
  });

  it('include tables, groups, picture descriptions and nested bullets', async () => {
    const cell = (text: string): string =>
      `<a:tc><a:txBody><a:p><a:r><a:t>${text}</a:t></a:r></a:p></a:txBody></a:tc>`;
    const table = `<a:tbl><a:tr>${cell('Kind')}${cell('Cups')}</a:tr><a:tr>${cell('Green')}${cell('2')}</a:tr></a:tbl>`;
    const nested =
      '<p:sp><p:txBody><a:p><a:r><a:t>Top</a:t></a:r><a:br/><a:r><a:t>line</a:t></a:r></a:p>' +
      '<a:p><a:pPr lvl="1"/><a:r><a:t>Below</a:t></a:r></a:p></p:txBody></p:sp>';
    const picture = '<p:pic><p:nvPicPr><p:cNvPr id="4" descr="A green cup"/></p:nvPicPr></p:pic>';
    const slide = frame(table) + `<p:grpSp>${nested}</p:grpSp>` + picture;
    expect((await read({ slides: [slide], title: 'Tea' })).text).toBe(
      [
        '## Slide 1',
        '| Kind | Cups |\n| --- | --- |\n| Green | 2 |',
        '- Top line\n  - Below',
        'Image: A green cup',
      ].join('\n\n'),
    );
  });

  it('include speaker notes, comments and the numbers of charts', async () => {
    const values = (name: string, texts: string[]): string =>
      `<c:${name}><c:strRef><c:strCache>${texts.map((v) => `<c:pt><c:v>${v}</c:v></c:pt>`).join('')}</c:strCache></c:strRef></c:${name}>`;
    const { text } = await read({
      slides: [shape(['Sales'], 'title') + frame('<c:chart r:id="rId2"/>')],
      related: [
        ['notesSlide', '../notesSlides/notesSlide1.xml'],
        ['chart', '../charts/chart1.xml'],
        ['comments', '../comments/comment1.xml'],
      ],
      parts: {
        'ppt/notesSlides/notesSlide1.xml': slidePart(
          'notes',
          shape(['1'], 'sldNum') + shape(['Mention the new shop'], 'body'),
        ),
        'ppt/notesSlides/_rels/notesSlide1.xml.rels': rels(),
        'ppt/charts/chart1.xml':
          '<c:chartSpace><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>Revenue</a:t></a:r></a:p></c:rich></c:tx></c:title>' +
          `<c:plotArea><c:barChart><c:ser>${values('tx', ['2025'])}${values('cat', ['North', 'South'])}${values('val', ['4.5', '3'])}</c:ser></c:barChart></c:plotArea></c:chart></c:chartSpace>`,
        'ppt/comments/comment1.xml':
          '<p:cmLst><p:cm><p:text>Is this final?</p:text></p:cm></p:cmLst>',
      },
    });
    expect(text).toBe(
      [
        '## Slide 1: Sales',
        'Chart: Revenue',
        '|  | 2025 |\n| --- | --- |\n| North | 4.5 |\n| South | 3 |',
        'Notes: Mention the new shop',
        'Comment: Is this final?',
      ].join('\n\n'),
    );
  });

  it.each([
    ['with a broken slide', pptx({ slides: [], parts: { 'ppt/presentation.xml': '' } }), 'corrupt'],
    ['nested too deeply', pptx({ slides: ['<a>'.repeat(5000)] }), 'corrupt'],
    ['cut in half', pptx({ slides: [shape(['x'])] }).subarray(0, 500), 'corrupt'],
  ])('%s fail by name', async (_name, bytes, code) => {
    await expect(extractFormat('office', bytes)).rejects.toMatchObject({ code });
  });
});
