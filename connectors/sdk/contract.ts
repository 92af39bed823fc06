import type { z } from 'zod';
import type { ConnectorContext } from './context.js';

/**
 * The contract between the engine and a source. Connectors tell, the engine decides: a connector
 * lists, reads and translates; retries, hashing, counting, writing and deleting belong to the
 * engine (docs/guides/write-a-connector.md).
 */
export interface Connector<Config = unknown, Credentials = unknown> {
  /** Stable name of the kind of source, e.g. `files`; stored with every connection. */
  readonly provider: string;
  readonly title: string;
  readonly description: string;
  /** Strict zod schema of a connection's configuration, published as JSON Schema. */
  readonly configSchema: z.ZodType<Config>;
  /** Strict zod schema of a connection's credentials. */
  readonly credentialsSchema: z.ZodType<Credentials>;
  readonly lanes: readonly LaneDefinition[];
  readonly limits: ConnectorLimits;
  /**
   * The source has no ids that survive a rename (files have only their path). The engine then
   * adopts a known document under its new id when the content hash is the same and unique, and
   * `verify` says that the old id is gone.
   */
  readonly followsRenamesByContent: boolean;
  /**
   * Listed titles are only names (`index.md`). A title found in the content is shown instead; the
   * name stays searchable.
   */
  readonly titlesFromContent: boolean;

  /** The account behind the credentials; two connections to one account share its budgets. */
  account(ctx: ConnectorContext<Config, Credentials>): Promise<Account>;
  /** Named checks, shown when a connection is created and by `probe`. Never throws for a refusal. */
  probe(ctx: ConnectorContext<Config, Credentials>): Promise<ProbeResult[]>;
  /**
   * Everything that can be listed on its own. Ending without an error means the list is complete:
   * a partition that is no longer in it counts as swept empty.
   */
  partitions(ctx: ConnectorContext<Config, Credentials>): AsyncIterable<Partition>;
  /**
   * One lane of one partition from a checkpoint on (null: from the start), page by page. Each
   * page's checkpoint continues after that page. A listing error is thrown; a broken item is a
   * failure on the page. Ending without an error means there is nothing more to list now; the last
   * page says whether that was everything. The checkpoint of a sweep is valid for that one sweep,
   * that of a feed continues in the next run.
   */
  pull(
    ctx: ConnectorContext<Config, Credentials>,
    partition: Partition,
    lane: string,
    checkpoint: Checkpoint | null,
  ): AsyncIterable<Page>;
  /**
   * Asks the source about single items before anything is deleted. One verdict per ref. An item
   * that exists but that a sweep would not list (ignored, out of scope) is `gone`.
   */
  verify(
    ctx: ConnectorContext<Config, Credentials>,
    refs: readonly DocumentRef[],
  ): Promise<Verdict[]>;
  /**
   * Reads one document again (retry, webhook, explain).
   * @throws ItemError when it is there but cannot be read
   */
  fetch(
    ctx: ConnectorContext<Config, Credentials>,
    ref: DocumentRef,
  ): Promise<SourceDocument | Gone>;
  /**
   * Documents that an address may mean, where it tells: of a reply its thread, for instance. Pure,
   * for `documents/explain`; addresses that documents and citations have themselves are known.
   */
  externalIdsOf?(url: string): readonly string[];
  /**
   * What is left of a first sync of these partitions, from a few cheap calls. Without it the
   * engine cannot say when a backfill ends.
   */
  plan?(
    ctx: ConnectorContext<Config, Credentials>,
    partitions: readonly PartlyRead[],
  ): Promise<CallEstimate[]>;
}

/** How often one method will be called until everything is read once. */
export interface CallEstimate {
  readonly method: string;
  readonly calls: number;
  /** null: no limit is known. */
  readonly callsPerMinute: number | null;
  /** How the number came about, for people. */
  readonly basis: string;
}

export interface LaneDefinition {
  readonly name: string;
  /**
   * `sweep` lists everything in each run and can prove completeness. `feed` continues from run to
   * run; it proves only the ranges that its pages name.
   */
  readonly kind: 'sweep' | 'feed';
  /** Raised when the shape of the lane's checkpoint changes; older ones are then discarded. */
  readonly checkpointVersion: number;
}

export interface ConnectorLimits {
  /** Bodies larger than this (bytes) become item failures with code `too_large`. */
  readonly maxBodyBytes: number;
  /** How many lazy bodies the engine may read at once; see also `SourceDocument.bodyBytes`. */
  readonly concurrentReads: number;
}

export interface Account {
  /** Stable id at the source, e.g. a workspace id; for `files` the real path. */
  readonly id: string;
  readonly title: string;
}

export interface ProbeResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'indeterminate' | 'skipped';
  readonly message: string;
}

export interface Partition {
  readonly key: string;
  readonly title: string;
  /** Why the partition is listed but not read; what is known of it is kept as it is. */
  readonly skipReason?: string;
  /**
   * With `skipReason`: the credentials do not reach it (any more). What is known of it is asked
   * about with `verify`, as if the partition were no longer listed.
   */
  readonly outOfReach?: true;
  /**
   * How many items it is expected to hold, for progress; null or absent: unknown. A run shows a
   * total once every partition that it reads has a number, from here or from a page.
   */
  readonly expected?: number | null;
}

/** A partition of which everything created in some times was listed already. */
export interface PartlyRead extends Partition {
  /** Disjoint, in order. */
  readonly read: readonly CreatedRange[];
}

/** JSON that a lane needs to continue; opaque to the engine. */
export type Checkpoint = { readonly [key: string]: unknown };

export interface Page {
  readonly documents: readonly SourceDocument[];
  /** External ids that the source itself reports as deleted; they act at once. */
  readonly tombstones: readonly string[];
  /** Items that could not be listed. They count as seen: not readable is not deleted. */
  readonly failures: readonly ItemFailure[];
  /** Items of this page that are left out on purpose: how many by reason (snake_case). */
  readonly skipped: Readonly<Record<string, number>>;
  readonly checkpoint: Checkpoint;
  /** True on the page after which the listing ended naturally. */
  readonly complete: boolean;
  /**
   * Why the listing is not complete, on its last page (shown in the run, blocks deletions). A gap
   * met before the checkpoint must be remembered in the checkpoint: a resumed listing is no proof.
   */
  readonly gapReason?: string;
  /**
   * The page listed everything of the partition that was created in this time. What is known of
   * the range and was not seen is suspect.
   */
  readonly range?: CreatedRange;
  /** As `Partition.expected`, where only the listing itself tells it; the last word counts. */
  readonly expected?: number | null;
}

/** Half open: `from` <= createdAt < `to`; null = unbounded. */
export interface CreatedRange {
  readonly from: Date | null;
  readonly to: Date | null;
}

export interface SourceDocument {
  readonly externalId: string;
  /** Changes whenever the content changes; equal versions are not read again. */
  readonly version: string;
  readonly partition: string;
  readonly parents: readonly string[];
  readonly title: string;
  readonly url: string | null;
  readonly author: string | null;
  /** Channel or folder, shown and filterable. */
  readonly container: string | null;
  readonly times: { readonly createdAt: Date | null; readonly updatedAt: Date | null };
  readonly access: Access;
  readonly metadata: { readonly [key: string]: unknown };
  /** Read and compare the content although the version is known: not every edit changes it. */
  readonly reread?: true;
  /**
   * The content, or how to read it: a lazy body is only read when the version is new. It throws
   * ItemError when the item cannot be read, its subclass DocumentGoneError when it vanished since
   * the listing; it may be called again later in the same run.
   */
  readonly body: Body | (() => Promise<Body>);
  /** Of a lazy body, where the listing tells: the engine reads 32 MB of them at once, not more. */
  readonly bodyBytes?: number;
}

export type Body =
  | {
      readonly text: string;
      readonly kind?: 'markdown' | 'messages';
      /** Where the parts of the text can be looked up, in their order, e.g. each message. */
      readonly citations?: readonly Citation[];
    }
  | { readonly bytes: Uint8Array; readonly mediaType: string; readonly fileName?: string };

export interface Citation {
  readonly at: Date | null;
  readonly author: string | null;
  readonly url: string;
}

/** `public`: whoever may read the collection; `unknown`: the source did not say. */
export interface Access {
  readonly mode: 'public' | 'restricted' | 'unknown';
  readonly principals: readonly string[];
}

export interface ItemFailure {
  readonly externalId: string;
  readonly title: string;
  readonly url: string | null;
  readonly stage: 'list' | 'fetch';
  readonly code: string;
  readonly message: string;
  readonly partition: string;
}

export interface DocumentRef {
  readonly externalId: string;
  readonly partition: string;
  readonly version: string | null;
}

export interface Verdict {
  readonly externalId: string;
  /** `lost_access`: it may still exist, but the credentials no longer reach it. */
  readonly state: 'alive' | 'gone' | 'lost_access';
}

export interface Gone {
  readonly gone: true;
  readonly state: 'gone' | 'lost_access';
}

/** Types a connector against its own schemas and returns it unchanged. */
export function defineConnector<Config, Credentials>(
  connector: Connector<Config, Credentials>,
): Connector<Config, Credentials> {
  return connector;
}
