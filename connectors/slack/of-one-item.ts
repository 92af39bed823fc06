import { ItemError, TransientSourceError } from '../sdk/errors.js';
import type { SlackApi } from './slack-api.js';

/**
 * Reads one item. One that Slack cannot serve is a failure of that item; Slack being down is not,
 * so it is asked for something that always works.
 * @throws ItemError for trouble with this item alone
 */
export async function ofOneItem<Result>(
  api: SlackApi,
  read: () => Promise<Result>,
): Promise<Result> {
  try {
    return await read();
  } catch (error) {
    const isTransient =
      error instanceof TransientSourceError && error.retryAfterSeconds === undefined;
    if (!isTransient) throw error;
    await api.identity();
    throw new ItemError(error.code, error.message, { cause: error });
  }
}
