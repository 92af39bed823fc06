import type { WebAPICallResult } from '@slack/web-api';
import type { HttpAnswer } from '../sdk/http-answer.js';
import { WholeAnswers } from './whole-answers.js';

const asAnswer = (body: unknown, init?: ResponseInit): Response =>
  new Response(JSON.stringify(body), init);
const judgedOf = async (outline: HttpAnswer): Promise<WebAPICallResult> =>
  JSON.parse(await outline.text()) as WebAPICallResult;

describe('answers on their way around the client', () => {
  it('show it what it judges by, and the caller everything', async () => {
    const answers = new WholeAnswers();
    const body = {
      ok: true,
      messages: [{ ts: '1.0', text: 'hello', token: 'a word of the message' }],
      has_more: false,
      response_metadata: { next_cursor: 'next', warnings: ['superfluous_charset'] },
    };
    const headers = { 'x-oauth-scopes': 'channels:history' };
    const outline = await answers.outline(asAnswer(body, { headers }));
    expect(outline.headers.get('x-oauth-scopes')).toBe('channels:history');
    const seen = await judgedOf(outline);
    expect(seen).toMatchObject({ ok: true, response_metadata: body.response_metadata });
    expect(seen).not.toHaveProperty('messages');
    const judged = {
      ...seen,
      response_metadata: { ...seen.response_metadata, scopes: ['channels:history'] },
    };
    expect(answers.whole(judged)).toEqual({
      ...body,
      response_metadata: { ...body.response_metadata, scopes: ['channels:history'] },
    });
  });

  it('stay apart when several are under way', async () => {
    const answers = new WholeAnswers();
    const outlines = await Promise.all(
      ['a', 'b', 'c'].map((text) => answers.outline(asAnswer({ ok: true, text }))),
    );
    const judged = await Promise.all(outlines.map(judgedOf));
    const whole = judged.toReversed().map((one) => answers.whole(one).text);
    expect(whole).toEqual(['c', 'b', 'a']);
  });

  it.each([
    ['a refusal', '{"ok":false,"error":"channel_not_found","extra":1}'],
    ['an answer that does not say whether it is one', '{"messages":[]}'],
    ['a list', '[1]'],
    ['a page of a proxy', '<html>Bad gateway</html>'],
  ])('leave %s to the client as it is', async (_, body) => {
    const outline = await new WholeAnswers().outline(new Response(body, { status: 200 }));
    expect(await outline.text()).toBe(body);
  });

  it.each(['null', '5', '"text"', 'true'])('show %s as an answer without content', async (body) => {
    expect(await judgedOf(await new WholeAnswers().outline(new Response(body)))).toEqual({});
  });

  it.each([[null], [5], [[]], [{ warnings: 5, messages: [5], scopes: 5, next_cursor: {} }]])(
    'hold back what the client cannot take as metadata, as %j',
    async (odd) => {
      for (const ok of [true, false]) {
        const outline = await new WholeAnswers().outline(asAnswer({ ok, response_metadata: odd }));
        expect((await judgedOf(outline)).response_metadata).toEqual({});
      }
    },
  );

  it('keep a status that comes without a body', async () => {
    const outline = await new WholeAnswers().outline(new Response(null, { status: 204 }));
    expect(outline.status).toBe(204);
    expect(await outline.text()).toBe('');
  });
});
