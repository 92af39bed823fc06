import type { WebAPICallResult } from '@slack/web-api';
import { type HttpAnswer, TextAnswer } from '../sdk/http-answer.js';
import { asObject, type JsonObject } from './json-object.js';

export type Answer = WebAPICallResult & { readonly [key: string]: unknown };

/** What the client looks at to tell an error from an answer. */
const READ_BY_CLIENT = ['ok', 'error', 'needed', 'provided', 'warning'];
/** The field of an outline that names its answer. */
const NUMBER = 'tributary_answer';

/**
 * Answers on their way around the client. It copies each one field by field and serialises the copy
 * for its log, whether or not anybody reads that: twice the work of parsing it. So it gets the
 * fields that it judges by, and the caller the whole answer once it has passed.
 */
export class WholeAnswers {
  private readonly kept = new Map<number, object>();
  private count = 0;

  /** Reads the answer to its end, as the client does later, when nothing watches over the time. */
  async outline(received: HttpAnswer): Promise<HttpAnswer> {
    const text = await received.text();
    return new TextAnswer(this.outlineOf(text, parsed(text)), received);
  }

  private outlineOf(text: string, value: unknown): string {
    const answer = asObject(value);
    if (answer.ok === true) return this.keep(answer);
    // What is no answer, or a refusal, is for the client to name; it fails at `null` or `5`.
    if (value !== undefined && (typeof value !== 'object' || value === null)) return '{}';
    if (!('response_metadata' in answer)) return text;
    return JSON.stringify({ ...answer, response_metadata: metadataOf(answer) });
  }

  /**
   * The answer, with what the client has added to it; once.
   * @param judged what the client made of an outline
   */
  whole(judged: WebAPICallResult): Answer {
    const { [NUMBER]: number, ...told } = judged as Answer;
    const answer = this.kept.get(number as number);
    this.kept.delete(number as number);
    return { ...answer, ...told };
  }

  private keep(answer: JsonObject): string {
    const number = ++this.count;
    this.kept.set(number, answer);
    const outline = Object.fromEntries(READ_BY_CLIENT.map((key) => [key, answer[key]]));
    return JSON.stringify({ ...outline, response_metadata: metadataOf(answer), [NUMBER]: number });
  }
}

/** What the client and the caller take as it is, so anything else has to stay outside. */
function metadataOf(answer: JsonObject): JsonObject {
  const { next_cursor, warnings, messages } = asObject(answer.response_metadata);
  return {
    ...(typeof next_cursor === 'string' && { next_cursor }),
    ...(areTexts(warnings) && { warnings }),
    ...(areTexts(messages) && { messages }),
  };
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
