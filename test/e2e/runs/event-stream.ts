/** One server-sent event as a client sees it. */
export interface StreamEvent {
  event: string;
  id: string;
  data: ReturnType<typeof JSON.parse>;
}

export interface EventStream {
  status: number;
  headers: Headers;
  /** Comments, without their colon. */
  comments: string[];
  /** The next event; undefined when the stream has ended. */
  next(): Promise<StreamEvent | undefined>;
  /** Every event until the end of the stream. */
  rest(): Promise<StreamEvent[]>;
  abort(): void;
}

/** A client for server-sent events that hides nothing of the stream. */
export async function openEvents(
  url: string,
  key: string,
  headers: Record<string, string> = {},
): Promise<EventStream> {
  const stop = new AbortController();
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${key}`, ...headers },
    signal: stop.signal,
  });
  const comments: string[] = [];
  const events = read(response, comments);
  const next = async () => {
    const { value, done } = await events.next();
    return done ? undefined : value;
  };
  return {
    status: response.status,
    headers: response.headers,
    comments,
    next,
    async rest() {
      const all: StreamEvent[] = [];
      for await (const event of events) all.push(event);
      return all;
    },
    abort: () => stop.abort(),
  };
}

async function* read(response: Response, comments: string[]): AsyncGenerator<StreamEvent> {
  if (!response.body) return;
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const fields = new Map(text.slice(0, end).split('\n').map(field));
      text = text.slice(end + 2);
      if (fields.has('')) comments.push(fields.get('')!);
      const data = fields.get('data');
      if (data === undefined) continue;
      yield { event: fields.get('event')!, id: fields.get('id')!, data: JSON.parse(data) };
    }
  }
}

function field(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1).trimStart()];
}
