/** A refusal in Slack's form: HTTP 200 with `{ok: false, error}`. */
export class SlackApiError extends Error {
  constructor(
    /** Slack's name of the error, e.g. `channel_not_found`. */
    readonly code: string,
    /** More keys of the answer, e.g. `needed` and `provided`. */
    readonly fields: Readonly<Record<string, unknown>> = {},
  ) {
    super(code);
  }
}
