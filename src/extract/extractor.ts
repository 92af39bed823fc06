/** Text of one file, ready for the remember pipeline: Markdown or plain text. */
export interface ExtractedText {
  /** Empty only for a blank file of a text format. */
  text: string;
  /** From the file itself (front matter, document properties, first heading), never its name. */
  title?: string;
  /** Why the text is not the whole file, when a cap cut it. */
  truncated?: string;
}

/** What can be wrong with a file, and the sentence that people read when no better one is known. */
export const EXTRACTION_FAILURES = {
  unsupported_media_type: 'Files of this type cannot be turned into text.',
  encrypted: 'The file is protected by a password.',
  corrupt: 'The file is damaged and cannot be read.',
  too_large: 'The file is larger than the limit.',
  expansion_limit: 'The file unpacks to more than the limit.',
  timeout: 'Reading the file took longer than the limit.',
  memory_limit: 'Reading the file needed more memory than the limit.',
  empty: 'The file contains no text.',
} as const;

export type ExtractionFailure = keyof typeof EXTRACTION_FAILURES;

/** A file that cannot be turned into text, for a reason that has a name; it never means a broken server. */
export class ExtractionError extends Error {
  constructor(
    readonly code: ExtractionFailure,
    message: string = EXTRACTION_FAILURES[code],
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'ExtractionError';
  }
}

/** Turns the bytes of a file into text. */
export interface Extractor {
  /**
   * @param mediaType what the source says, parameters allowed (`text/plain; charset=shift_jis`);
   *   the content wins where it shows a different type
   * @param fileName only a hint for the type and the separator of tables
   * @throws {ExtractionError} when the file cannot be turned into text
   * @throws the signal's reason when it is aborted
   */
  extract(
    bytes: Uint8Array,
    mediaType: string,
    fileName?: string,
    signal?: AbortSignal,
  ): Promise<ExtractedText>;
  /** Ends the child processes; running and waiting extractions are rejected. */
  close(): Promise<void>;
}

export const EXTRACTOR = Symbol('Extractor');
