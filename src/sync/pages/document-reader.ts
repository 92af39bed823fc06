import { Inject, Injectable } from '@nestjs/common';
import type { Body, Citation, SourceDocument } from '../../../connectors/sdk/contract.js';
import { ConnectorError, DocumentGoneError, ItemError } from '../../../connectors/sdk/errors.js';
import { AppError } from '../../common/errors/app-error.js';
import { IDS, type Ids } from '../../common/ids.js';
import { storableText } from '../../common/storable.js';
import { ExtractionError, EXTRACTOR, type Extractor } from '../../extract/extractor.js';
import { normalising, textHash } from '../../remember/normalise.js';
import { inTurns } from '../../remember/steps.js';
import type { SyncRun } from '../engine/sync-run.js';
import { CONTENT_TRUNCATED, type FailedItem } from '../failures/failures.repository.js';
import type { ListedDocument } from './classify.js';

/** Longer titles are cut; the text holds them whole. */
const MAX_TITLE = 200;

export interface ReadDocument extends ListedDocument {
  /** As people see it: from the content where the listed one is only a name. */
  readonly title: string;
  readonly text: string;
  readonly kind: 'markdown' | 'messages';
  readonly citations: readonly Citation[];
  readonly contentHash: string;
  /** What of the content the text lacks, and the limit that cut it. */
  readonly truncated?: string;
}

/**
 * `vanished`: listed, but gone before it was read; the review at the end of the run settles it. One
 * that was asked for by itself is settled by the first listing that lacks it.
 */
export type ReadResult = { read: ReadDocument } | { failure: FailedItem } | { vanished: true };

interface ExtractedText {
  readonly text: string;
  readonly kind: ReadDocument['kind'];
  /** The title that the content itself has. */
  readonly found?: string;
  readonly truncated?: string;
}

/** Body to text: reads lazy bodies, extracts bytes, and turns what breaks into a named failure. */
@Injectable()
export class DocumentReader {
  constructor(
    @Inject(EXTRACTOR) private readonly extractor: Extractor,
    @Inject(IDS) private readonly ids: Ids,
  ) {}

  /**
   * Never rejects for what is wrong with one document.
   * @throws the source's own error when the source as a whole is unwell (auth, rate limit, ...),
   *   AppError when a part of our own is
   */
  async read(sync: SyncRun, listed: ListedDocument): Promise<ReadResult> {
    const { source } = listed;
    let stage: FailedItem['stage'] = 'fetch';
    try {
      const body = typeof source.body === 'function' ? await source.body() : source.body;
      sync.counts.fetched += 1;
      stage = 'extract';
      const extracted = await this.toText(sync, body);
      return { read: readDocument(sync, listed, body, extracted) };
    } catch (error) {
      sync.signal.throwIfAborted();
      return this.settle(source, stage, error);
    }
  }

  failure(
    source: Pick<SourceDocument, 'externalId' | 'title' | 'url' | 'partition'> & {
      version: string | null;
    },
    stage: FailedItem['stage'],
    code: string,
    message: string,
  ): FailedItem {
    const { externalId, title, url, partition, version } = source;
    return {
      id: this.ids.next(),
      externalId,
      title: storableText(title),
      url: url && storableText(url),
      partition,
      version,
      stage,
      code,
      message: storableText(message),
    };
  }

  /** The failure of a document that is stored without some of its content. */
  cut({ source, truncated }: ReadDocument): FailedItem | undefined {
    if (truncated === undefined) return undefined;
    const message = `Only a part of it is stored: ${truncated}.`;
    const failure = this.failure(source, 'extract', CONTENT_TRUNCATED, message);
    return { ...failure, isStored: true };
  }

  /** @throws what says nothing about the document */
  private settle(source: SourceDocument, stage: FailedItem['stage'], error: unknown): ReadResult {
    if (error instanceof DocumentGoneError) return { vanished: true };
    if (error instanceof ItemError || error instanceof ExtractionError)
      return { failure: this.failure(source, stage, error.code, error.message) };
    if (error instanceof ConnectorError || isOfEngine(error)) throw error;
    const message = error instanceof Error ? error.message : String(error);
    return { failure: this.failure(source, stage, 'unexpected', message) };
  }

  private async toText(sync: SyncRun, body: Body): Promise<ExtractedText> {
    if ('text' in body) {
      sync.counts.bytes += body.text.length;
      return { text: await inTurns(normalising(body.text)), kind: body.kind ?? 'markdown' };
    }
    const { maxBodyBytes } = sync.connector.limits;
    sync.counts.bytes += body.bytes.byteLength;
    if (body.bytes.byteLength > maxBodyBytes)
      throw new ItemError('too_large', `larger than ${maxBodyBytes} bytes`);
    const { bytes, mediaType, fileName } = body;
    const extracted = await this.extractor.extract(bytes, mediaType, fileName, sync.signal);
    const text = await inTurns(normalising(extracted.text));
    const found = storableText(extracted.title?.trim().slice(0, MAX_TITLE) ?? '') || undefined;
    return { text, kind: 'markdown', found, truncated: extracted.truncated };
  }
}

function readDocument(
  { connector }: SyncRun,
  listed: ListedDocument,
  body: Body,
  { text, kind, found, truncated }: ExtractedText,
): ReadDocument {
  const citations = ('text' in body && body.citations) || [];
  const title = (connector.titlesFromContent && found) || listed.source.title;
  const heading = found && found !== title && !text.includes(found) ? `# ${found}\n\n` : '';
  const whole = heading + text;
  const contentHash = textHash(whole);
  return { ...listed, title, text: whole, kind, citations, contentHash, truncated };
}

/** Says nothing about the document: the database is away, the process is going down. */
function isOfEngine(error: unknown): boolean {
  return error instanceof AppError && error.code !== 'internal_error';
}
