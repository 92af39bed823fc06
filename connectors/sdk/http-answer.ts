/** What connectors use of the answer to an HTTP request; a `Response` is one. */
export type HttpAnswer = Pick<
  Response,
  'status' | 'statusText' | 'url' | 'headers' | 'body' | 'text'
>;

/** `fetch`, as far as connectors use it. */
export type Fetch = (url: string | URL, init: RequestInit) => Promise<HttpAnswer>;

/** An answer that has been read to its end. A `Response` would put its text into a stream again. */
export class TextAnswer implements HttpAnswer {
  readonly body = null;
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly headers: Headers;

  constructor(
    private readonly content: string,
    { status, statusText, url, headers }: Omit<HttpAnswer, 'body' | 'text'>,
  ) {
    this.status = status;
    this.statusText = statusText;
    this.url = url;
    this.headers = headers;
  }

  text(): Promise<string> {
    return Promise.resolve(this.content);
  }
}
