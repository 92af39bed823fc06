/**
 * The other side of a connector under test: a source that can be edited and broken at will. The
 * conformance suite and the engine's end-to-end fault matrix drive the same editor, so a simulator
 * is written once. Every method resolves when the source shows the change.
 */
export interface SourceEditor {
  /** Makes an empty container (folder, channel, database) that is a partition; its key. */
  createContainer(title: string): Promise<string>;
  /** Makes a document; its external id. */
  put(container: string, name: string, text: string): Promise<string>;
  edit(id: string, text: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** What a perfect index holds, denied and poisoned documents included, by external id. */
  truth(): Promise<Map<string, TrueDocument>>;
  /** How many times the content of a document was asked for so far. */
  contentReads(): number;
  /** Heals everything that the methods below have broken (not what they removed). */
  repair(): Promise<void>;

  /** Saves the same content again. */
  touch?(id: string): Promise<void>;
  /** The external id afterwards, which is the same where the source has ids of its own. */
  rename?(id: string, name: string): Promise<string>;
  /** The external id afterwards. */
  move?(id: string, container: string): Promise<string>;
  /** For good, with all that is in it. */
  removeContainer?(container: string): Promise<void>;
  /**
   * Makes a document of a file as it is, whatever is in it; its external id, also where the source
   * or the connector makes nothing of it. A file without bytes is in the truth only where the
   * connector takes it for a document. Where files are shown in other documents (messages), the
   * container needs one.
   */
  putFile?(container: string, file: EditedFile): Promise<string>;
  /** The document stays listed, but may not be read any more. */
  deny?(id: string): Promise<void>;
  /** The container and all that is in it are out of reach. */
  denyContainer?(container: string): Promise<void>;
  /** The document is listed, but reading it fails for a reason of its own. */
  poison?(id: string): Promise<void>;
  /** Page `page` (from 1) of the container's listing fails this many times, then works. */
  failListing?(container: string, page: number, times: number): Promise<void>;
  /** As failListing, but the source asks to wait this long. */
  limitListing?(container: string, page: number, retryAfterSeconds: number): Promise<void>;
  /** The container's listing lacks something from its first page on, and the source says so. */
  truncateListing?(container: string): Promise<void>;
  /** The whole account goes: the token is revoked, the folder is unmounted. */
  loseAccount?(): Promise<void>;
}

export interface EditedFile {
  /** With an extension that fits the media type: sources without types go by it. */
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** What a reader must find in it; null: nothing can be made of it, so that it is in no truth. */
  readonly text: string | null;
}

export interface TrueDocument {
  readonly partition: string;
  /** Text that the connector's document contains. */
  readonly text: string;
}

/** What a source can do beyond the basics; cases that need more are skipped by name. */
export type OptionalEdit = {
  [Name in keyof SourceEditor]-?: undefined extends SourceEditor[Name] ? Name : never;
}[keyof SourceEditor];
