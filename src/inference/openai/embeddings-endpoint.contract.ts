import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ManualClock } from '../../common/clock.js';
import { Secret } from '../../common/secret.js';
import { FakeEmbedder } from '../fake.embedder.js';
import { OpenAiEmbedder, type OpenAiEmbedderOptions } from './openai-embedder.js';

export const MODEL = 'text-embedding-test';
export const KEY = 'sk-planted-0123456789';

interface Request {
  input: string[];
  model: string;
  encoding_format: string;
}
export type Answer = (
  request: Request,
  response: ServerResponse,
  incoming: IncomingMessage,
) => void;

/** A clock that stands still except in `sleep`, and remembers the sleeps. */
class RecordingClock extends ManualClock {
  readonly sleeps: number[] = [];

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    return super.sleep(ms, signal);
  }
}

/** Has 64 dimensions. */
export const vectors = new FakeEmbedder(64);

/** A server of an embeddings API for the tests of a file. */
export class ScriptedEndpoint {
  clock = new RecordingClock();
  /** Answers for the next requests; afterwards `always`. */
  script: Answer[] = [];
  always: Answer = answerRight;
  received: { request: Request; authorization?: string; at: number }[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((incoming, response) => {
      void read(incoming).then((request) => {
        const { authorization } = incoming.headers;
        this.received.push({ request, authorization, at: this.clock.now().getTime() });
        (this.script.shift() ?? this.always)(request, response, incoming);
      });
    });
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  /** Forgets what the last test did. */
  reset(): void {
    this.clock = new RecordingClock();
    this.script = [];
    this.always = answerRight;
    this.received = [];
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  embedder(options: Partial<OpenAiEmbedderOptions> = {}): OpenAiEmbedder {
    const { baseUrl, clock } = this;
    return new OpenAiEmbedder({
      model: MODEL,
      apiKey: new Secret(KEY),
      baseUrl,
      clock,
      ...options,
    });
  }
}

export const json = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
};

export const fails =
  (status: number, headers = {}, error: object = { message: `status ${status}` }): Answer =>
  (_request, response) =>
    json(response, status, { error }, headers);

export async function vectorsOf(texts: string[]): Promise<number[][]> {
  const unit = await vectors.embed(texts);
  return unit.map((vector) => Array.from(vector, (value) => value * 3));
}

/** Matches a vector within what f32 loses on the way. */
export const closeTo = (vector: Float32Array): unknown => ({
  asymmetricMatch: (other: Float32Array) =>
    other.length === vector.length && other.every((v, i) => Math.abs(v - vector[i]!) < 1e-6),
  toString: () => 'a vector close to another',
});

const base64 = (numbers: number[]): string =>
  Buffer.from(Float32Array.from(numbers).buffer).toString('base64');

export const answerRight: Answer = (request, response) => {
  void vectorsOf(request.input).then((lists) => {
    const isBase64 = request.encoding_format === 'base64';
    const data = lists.map((numbers, index) => ({
      object: 'embedding',
      index,
      embedding: isBase64 ? base64(numbers) : numbers,
    }));
    json(response, 200, { object: 'list', model: request.model, data, usage: {} });
  });
};

/** Refuses each request with a text that matches, as servers do, and answers the others. */
export const refuses =
  (text: RegExp, status = 400, message = 'input is not acceptable'): Answer =>
  (request, response, incoming) =>
    (request.input.some((input) => text.test(input))
      ? fails(status, {}, { message })
      : answerRight)(request, response, incoming);

export const answersData =
  (data: unknown): Answer =>
  (_request, response) =>
    json(response, 200, { object: 'list', data });

async function read(incoming: IncomingMessage): Promise<Request> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return JSON.parse(Buffer.concat(parts).toString()) as Request;
}
