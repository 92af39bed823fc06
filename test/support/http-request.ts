export interface RequestOptions {
  key?: string | null;
  /** Sent as JSON; a string or bytes are sent as they are. */
  body?: unknown;
  headers?: Record<string, string>;
  /** An unexpected 500 fails the test with the server's log, unless it is what the test wants. */
  allow500?: boolean;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** The parsed body; undefined when it is not JSON. */
  // Tests read what they assert, and an unexpected shape fails the assertion.
  body: ReturnType<typeof JSON.parse>;
}

export async function send(
  url: string,
  method: string,
  path: string,
  options: RequestOptions,
  logs: readonly string[],
): Promise<Answer> {
  const headers = new Headers(options.headers);
  if (options.key) headers.set('authorization', `Bearer ${options.key}`);
  const response = await fetch(url + path, { method, headers, body: encode(options.body) });
  const text = await response.text();
  if (response.status === 500 && !options.allow500) {
    throw new Error(`${method} ${path} answered 500:\n${text}\n${logs.slice(-3).join('')}`);
  }
  return { status: response.status, headers: response.headers, text, body: parse(text) };
}

function encode(body: unknown): string | Uint8Array<ArrayBuffer> | undefined {
  if (body === undefined || typeof body === 'string') return body;
  if (body instanceof Uint8Array) return new Uint8Array(body);
  return JSON.stringify(body);
}

function parse(text: string): Answer['body'] {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
