import type { IncomingMessage, ServerResponse } from 'node:http';
import { isImmediate, sendFault, sendTruncated } from '../../support/send-fault.js';
import { canReadFile } from '../methods/files.methods.js';
import type { SlackFile } from '../model/slack-file.js';
import type { ApiState } from './api-server.js';
import { SlackApiError } from './slack-api-error.js';

/** The name of downloads in logs and fault rules. */
export const FILE_METHOD = 'files-pri';

const LOGIN_PAGE =
  '<!DOCTYPE html><html><head><title>Slack</title></head><body><h1>Sign in</h1></body></html>';

/**
 * Bytes of files. Whoever lacks a token with files:read is sent to a login page, not refused: a
 * client that follows redirects gets HTML with status 200 in place of the file.
 */
export class FileServer {
  constructor(private readonly state: ApiState) {}

  async handle(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const { log, faults, tokens } = this.state;
    const value = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null;
    const path = /^\/files-pri\/(T\w+)-(F\w+)\//.exec(url.pathname);
    const token = value === null ? undefined : tokens.find(value);
    const entry = log.begin({
      verb: request.method ?? 'GET',
      method: FILE_METHOD,
      token: token?.name ?? null,
      params: { file: path?.[2] ?? null },
    });
    const fault = faults.take({
      method: FILE_METHOD,
      token: value,
      channel: null,
      hasCursor: false,
    });
    if (fault !== null) entry.fault = fault.kind;
    if (fault !== null && isImmediate(fault)) {
      entry.status = sendFault(response, fault, '');
      return;
    }
    if (fault?.kind === 'slow') await new Promise((done) => setTimeout(done, fault.delayMs));
    const file = this.find(value, path?.[1], path?.[2]);
    if (file === 'login') {
      entry.status = 302;
      const location = `/login?redir=${encodeURIComponent(url.pathname)}`;
      response.writeHead(302, { location, 'content-type': 'text/html; charset=utf-8' });
      response.end();
      return;
    }
    if (file === null) {
      entry.status = 404;
      response.writeHead(404, { 'content-type': 'text/html; charset=utf-8' });
      response.end(LOGIN_PAGE);
      return;
    }
    const bytes = Buffer.from(file.bytes());
    const headers = { 'content-type': file.mimetype };
    entry.status = 200;
    entry.bytes = bytes.length;
    if (fault?.kind === 'truncate') return sendTruncated(response, 200, headers, bytes);
    response.writeHead(200, { ...headers, 'content-length': bytes.length });
    response.end(bytes);
  }

  login(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(LOGIN_PAGE);
  }

  private find(
    value: string | null,
    teamId: string | undefined,
    fileId: string | undefined,
  ): SlackFile | 'login' | null {
    try {
      const { workspace, scopes } = this.state.tokens.authenticate(value);
      if (!scopes.includes('files:read') || workspace.team.id !== teamId) return 'login';
      const file = workspace.files.get(fileId ?? '');
      if (file === undefined || file.deleted) return null;
      return canReadFile({ workspace }, file) ? file : 'login';
    } catch (error) {
      if (error instanceof SlackApiError) return 'login';
      throw error;
    }
  }
}
