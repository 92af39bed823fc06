export interface SlackFile {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly mimetype: string;
  readonly filetype: string;
  readonly user: string;
  /** Unix seconds. */
  readonly created: number;
  readonly size: number;
  /** Made when asked for: a large workspace holds thousands. */
  readonly bytes: () => Uint8Array;
  /** What a reader must find in it; null for images and the like. */
  readonly text: string | null;
  /** Where it was shared: channel id -> `at` of the messages. */
  readonly shares: Map<string, number[]>;
  deleted: boolean;
}
