import type { ConnectionAnswer } from '../../connections/connections.schema.js';
import { usageError } from '../cli-error.js';
import type { CliContext } from '../context.js';
import { describeSchedule } from './describe-connection.js';
import { findConnection, shortId } from './find-one.js';
import { readSlackToken, type SlackTokenOptions } from './slack-token.js';

/** Gives a connection other credentials of the same account; what it has synced is kept. */
export async function renewCredentials(
  context: CliContext,
  [typed]: [string],
  options: SlackTokenOptions,
): Promise<void> {
  await context.withServer({}, async ({ api }) => {
    const { id, provider } = findConnection(await api.connections(), typed);
    if (provider !== 'slack')
      throw usageError(
        `a connection to ${provider} takes no bot token`,
        'PATCH /v1/memory/connections/{id} replaces the credentials of any provider that has some.',
      );
    const credentials = { bot_token: await readSlackToken(context, options) };
    const renewed = await api.setCredentials(id, credentials);
    context.answer(renewed, () => [describe(renewed)]);
  });
}

function describe({ id, name, status, schedule }: ConnectionAnswer): string {
  return status === 'active'
    ? `${name} is active with the new credentials, ${describeSchedule(schedule)}`
    : `${name} has the new credentials and is ${status}; ` +
        `"tributary connections resume ${shortId(id)}" syncs it again`;
}
