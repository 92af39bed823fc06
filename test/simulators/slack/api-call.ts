import type { SlackSimulator } from './slack-simulator.js';

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown> & { readonly ok?: boolean; readonly error?: string };
}

/** Calls the simulator without the official client, to send what that never would. */
export async function apiCall(
  simulator: SlackSimulator,
  method: string,
  params: Readonly<Record<string, string>> = {},
  token: string | null = simulator.token,
): Promise<RawAnswer> {
  return readAnswer(
    await fetch(simulator.apiUrl + method, {
      method: 'POST',
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      body: new URLSearchParams(params),
    }),
  );
}

export async function readAnswer(response: Response): Promise<RawAnswer> {
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  const body = json ? (JSON.parse(text) as RawAnswer['body']) : { html: text };
  return { status: response.status, headers: response.headers, body };
}
