/** A refusal of Qdrant's; its message begins as the server's does (`Wrong input: ...`). */
export class QdrantError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }
}

export const wrongInput = (text: string): QdrantError =>
  new QdrantError(400, `Wrong input: ${text}`);
export const badRequest = (text: string): QdrantError =>
  new QdrantError(400, `Bad request: ${text}`);
export const notFound = (text: string): QdrantError => new QdrantError(404, `Not found: ${text}`);
export const conflict = (text: string): QdrantError => new QdrantError(409, `Wrong input: ${text}`);
/** As the server says it when a rule of strict mode forbids a request. */
export const strictMode = (error: string, help: string): QdrantError =>
  badRequest(`${error}. Help: ${help}`);
