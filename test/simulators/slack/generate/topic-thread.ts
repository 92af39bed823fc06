/** A conversation written by hand: who says what, the first line being the parent. */
export interface TopicThread {
  readonly channel: string;
  /**
   * Role and text. In the text `@role` and `@@group` are mentions and `#channel` links a channel;
   * the rest is wire mrkdwn. The third place holds a file shared with the message.
   */
  readonly lines: readonly TopicLine[];
}

export type TopicLine =
  | readonly [role: string, text: string]
  | readonly [role: string, text: string, file: { readonly name: string; readonly text: string }];
