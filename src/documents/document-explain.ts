import { sentence } from '../common/sentence.js';
import type { DocumentRecord } from './document-columns.js';
import type { Verdict } from './document-explain.schema.js';

export interface ExplainedFailure {
  /** null: the source was asked just now. */
  readonly id: string | null;
  readonly stage: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly next_at: Date | null;
  readonly partition: string | null;
}

export interface ExplainedPartition {
  readonly key: string;
  readonly title: string;
  readonly skip_reason: string | null;
  /** Of the last run that has ended or is under way; null: none has listed it. */
  readonly complete: boolean | null;
  readonly gap_reason: string | null;
}

export interface ExplainedConnection {
  readonly id: string;
  readonly name: string;
  readonly provider: string;
  readonly account_id: string;
  readonly collection_id: string;
  readonly status: string;
  readonly status_reason: string | null;
}

export interface ExplainedRun {
  readonly id: string;
  readonly state: string;
  readonly finished_at: Date | null;
  readonly skipped: Readonly<Record<string, number>>;
  /** Partitions that have not been read to their end; null: they are not listed yet. */
  readonly unfinished: number | null;
}

/** What the source said when it was asked. */
export type SourceWord = { readonly state: 'there' | 'gone' | 'lost_access' } | null;

export interface DocumentFacts {
  readonly document: DocumentRecord | null;
  readonly suppressed: boolean;
  readonly failure: ExplainedFailure | null;
  readonly partition: ExplainedPartition | null;
  readonly connection: ExplainedConnection | null;
  readonly run: ExplainedRun | null;
  readonly word: SourceWord;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly summary: string;
  readonly action: string | null;
}

const RESTORE = 'POST documents/{id}/restore brings it back without embedding anything.';

/** Why a document is, or is not, in the index; pure. */
export function judgeDocument(facts: DocumentFacts): Judgement {
  return facts.document ? judgeKnown(facts, facts.document) : judgeUnknown(facts);
}

function judgeKnown(facts: DocumentFacts, document: DocumentRecord): Judgement {
  const until = document.purge_at ? ` until ${day(document.purge_at)}` : '';
  switch (document.state) {
    case 'live':
      return live(facts, document);
    case 'suspect':
      return say(
        'held',
        'The source no longer has it, with so many others that a person has to confirm; it is still found.',
        'POST connections/{id}/deletions/confirm or /reject settles it.',
      );
    case 'pending':
      return facts.failure
        ? failed(facts.failure)
        : say('pending', 'It is being written; it is found as soon as all of it is there.');
    case 'lost_access':
      return say(
        'lost_access',
        `The connection may no longer read it; it is kept, hidden,${until}.`,
        'Give the connection access at the source again; the next sync shows it again.',
      );
    case 'deleted':
      if (facts.suppressed)
        return say(
          'suppressed',
          `It was removed here on request; it is kept, hidden,${until}.`,
          RESTORE,
        );
      if (document.out_of_scope)
        return say(
          'out_of_scope',
          `Its partition was taken out of the connection's scope; it is kept, hidden,${until}.`,
          'Take the partition back with POST connections/{id}/scope/plan and /apply.',
        );
      return say('deleted', `The source no longer has it; it is kept, hidden,${until}.`, RESTORE);
  }
}

function live({ failure }: DocumentFacts, document: DocumentRecord): Judgement {
  const synced = `It is in the index as of ${minute(document.synced_at)}`;
  if (failure?.code === 'content_truncated')
    return say('live', `${synced}. ${failure.message}`, retry(failure));
  if (failure)
    return say(
      'live',
      `${synced}; a newer version could not be read (${failure.code}: ${failure.message}).`,
      retry(failure),
    );
  if (document.kept)
    return say(
      'live',
      'It was restored here, and its source has not listed it since; it stays until it is deleted here.',
    );
  return document.chunk_count === 0
    ? say('live', `${synced}, but it has no text to find.`)
    : say('live', `${synced}, with ${document.chunk_count} chunks.`);
}

function judgeUnknown(facts: DocumentFacts): Judgement {
  const { suppressed, failure, partition, connection, run, word } = facts;
  if (suppressed)
    return say(
      'suppressed',
      'It was removed here on request, so syncs leave it out; nothing of it is kept any more.',
    );
  if (failure) return failed(failure);
  if (word?.state === 'gone')
    return say(
      'not_at_source',
      'The source has no such document, or the configuration of the connection leaves it out.',
      'Check the id, and what the configuration includes and excludes.',
    );
  if (word?.state === 'lost_access')
    return say(
      'lost_access',
      'The source does not show it to this connection.',
      'Give the connection access at the source.',
    );
  if (partition?.skip_reason)
    return say(
      'partition_skipped',
      sentence(`Its partition "${partition.title}" is not read: ${partition.skip_reason}`),
      'Change the reason at the source or in the configuration of the connection.',
    );
  if (!connection)
    return say(
      'unknown',
      'No connection knows it.',
      'Name the connection that should have it, or attach one.',
    );
  return unreached(facts) ?? notMet(connection, run, word);
}

function unreached({ partition, connection, run, word }: DocumentFacts): Judgement | null {
  if (!run)
    return say('not_reached', 'The connection has not been synced yet.', syncIt(connection));
  const gap = partition && partition.complete === false ? partition.gap_reason : null;
  if (partition && partition.complete !== true && word)
    return say(
      'not_reached',
      `Its partition "${partition.title}" has not been listed to its end${gap ? `: ${gap}` : ''}.`,
      syncIt(connection),
    );
  if (word?.state === 'there')
    return say('not_reached', 'The source has it; the next sync brings it.', syncIt(connection));
  if (run.unfinished === null)
    return say('not_reached', 'What there is to read has not been listed yet.', syncIt(connection));
  if (run.unfinished > 0)
    return say(
      'not_reached',
      `The connection has not been read to its end: ${run.unfinished} of its partitions are unfinished.`,
      syncIt(connection),
    );
  return null;
}

function notMet(
  connection: ExplainedConnection,
  run: ExplainedRun | null,
  word: SourceWord,
): Judgement {
  const reasons = Object.entries(run?.skipped ?? {}).map(([reason, n]) => `${n} ${reason}`);
  const left =
    reasons.length > 0 ? ` The last run left out on purpose: ${reasons.join(', ')}.` : '';
  const action = word === null ? 'Ask the source as well: ask=true with external_id.' : null;
  return say(
    'unknown',
    `"${connection.name}" has listed everything and not met it.${left}`,
    action,
  );
}

function failed(failure: ExplainedFailure): Judgement {
  const next = failure.next_at ? `; tried again after ${minute(failure.next_at)}` : '';
  const tries = failure.attempts === 1 ? 'once' : `${failure.attempts} times`;
  return say(
    'failed',
    `It failed ${tries} at stage ${failure.stage} (${failure.code}): ${failure.message}${next}.`,
    retry(failure),
  );
}

function retry(failure: ExplainedFailure): string {
  return failure.id === null
    ? 'Repair what the message says; the next sync reads it again.'
    : `Repair what the message says, then POST failures/${failure.id}/retry.`;
}

function syncIt(connection: ExplainedConnection | null): string {
  if (connection?.status === 'active' || connection?.status === 'error')
    return 'POST connections/{id}/sync, or wait for the next run.';
  const reason = connection?.status_reason ?? 'resume it first';
  return sentence(`The connection is ${connection?.status}: ${reason}`);
}

function say(verdict: Verdict, summary: string, action: string | null = null): Judgement {
  return { verdict, summary, action };
}

function day(time: Date): string {
  return time.toISOString().slice(0, 10);
}

function minute(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
