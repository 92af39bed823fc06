import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../auth/audit.service.js';
import { CollectionsService, type CollectionRef } from '../collections/collections.service.js';
import { AppError } from '../common/errors/app-error.js';
import { CLOCK, type Clock } from '../common/clock.js';
import type { ApiKeyIdentity } from '../common/http/api-request.js';
import { Lifecycle } from '../common/http/lifecycle.js';
import type { SpoolFile } from '../common/http/spool-file.js';
import { Database } from '../database/database.js';
import { EmbeddingRefused } from '../inference/embedding-refused.js';
import type { NewMemory } from '../remember/new-memory.js';
import { textHash } from '../remember/normalise.js';
import { RememberService } from '../remember/remember.service.js';
import { checkImport, type ImportHead } from './check-import.js';
import { CopyCounts } from './copy-counts.js';
import { batchesOf, elementsOf, partsOf } from './import-parts.js';
import type { JsonElement } from './json-splitter.js';
import { PortabilityRepository } from './portability.repository.js';
import { ImportedCollection, ImportedMemory, type ImportAnswer } from './portability.schema.js';
import { Turns } from './turns.js';

const SHOWN_ISSUES = 100;
const DEFAULT_COLLECTION = 'default';

interface Import {
  readonly tenant: string;
  /** Asked for; overrides the collection of each memory. */
  readonly into?: string;
  readonly targets: Map<string, Target>;
  readonly answer: ImportAnswer;
}

/** With its place in the body. */
interface PlacedMemory {
  readonly index: number;
  readonly memory: ImportedMemory;
}

interface Target {
  readonly collection: CollectionRef;
  readonly copies: CopyCounts;
}

/**
 * Stores exported memories under new ids. Repeating an import adds nothing: as many copies of a
 * text as the collection held before it (per container tag) are skipped. What was superseded comes
 * back archived, since the link to what replaced it is not part of an export.
 *
 * The body lies in a temporary file and is read from there, once to check all of it and then in
 * batches: so nothing of a wrong body is stored, its fields may come in any order, a sender need
 * not wait for the embedder, and memory holds a batch instead of the body.
 */
@Injectable()
export class ImportService {
  /** A repeat that overtakes the first import would store what that has yet to store. */
  private readonly turns = new Turns();

  constructor(
    private readonly database: Database,
    private readonly portability: PortabilityRepository,
    private readonly collections: CollectionsService,
    private readonly remember: RememberService,
    private readonly audit: AuditService,
    private readonly lifecycle: Lifecycle,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /**
   * @param spool JSON of the shape `ImportMemories`
   * @throws AppError `bad_json`, `validation_failed` before anything was stored;
   *   `embedder_unavailable`, `shutting_down` and those of the database at any time: what was
   *   stored until then stays
   */
  async import(tenant: string, by: ApiKeyIdentity, spool: SpoolFile): Promise<ImportAnswer> {
    const head = await checkImport(partsOf(spool));
    await this.database.inTenant(tenant, (tx) =>
      this.audit.record(tx, tenant, {
        actor: `key:${by.id}`,
        action: 'memories.imported',
        details: { into: head.into ?? null },
      }),
    );
    return this.turns.take(tenant, () => this.store(tenant, spool, head));
  }

  private async store(tenant: string, spool: SpoolFile, head: ImportHead): Promise<ImportAnswer> {
    const answer: ImportAnswer = {
      imported: 0,
      skipped: 0,
      collections: [],
      reasons: { duplicate: 0, invalid: 0 },
      issues: [],
    };
    const run: Import = { tenant, into: head.into, targets: new Map(), answer };
    if (run.into === undefined) await this.createCollections(tenant, spool);
    for await (const batch of batchesOf(elementsOf(spool, 'memories'))) {
      if (this.lifecycle.stopping.aborted) throw stopping();
      for (const [name, memories] of byCollection(this.check(run, batch), run.into)) {
        await this.storeIn(run, name, memories);
      }
    }
    answer.skipped = answer.reasons.duplicate + answer.reasons.invalid;
    answer.collections = [...run.targets.keys()];
    return answer;
  }

  private async createCollections(tenant: string, spool: SpoolFile): Promise<void> {
    for await (const { value } of elementsOf(spool, 'collections')) {
      const wanted = ImportedCollection.parse(value);
      if (typeof wanted === 'string') {
        await this.collections.ensure(tenant, wanted);
        continue;
      }
      try {
        await this.collections.create(tenant, wanted);
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'collection_exists')) throw error;
      }
    }
  }

  private check(run: Import, batch: readonly JsonElement[]): PlacedMemory[] {
    return batch.flatMap(({ value, index }) => {
      const parsed = ImportedMemory.safeParse(value);
      if (parsed.success) return { index, memory: parsed.data };
      const [first] = parsed.error.issues;
      const reason = `${first?.path.join('.') || 'memory'}: ${first?.message ?? 'invalid'}`;
      leaveOut(run.answer, index, reason);
      return [];
    });
  }

  private async storeIn(
    run: Import,
    name: string,
    memories: readonly PlacedMemory[],
  ): Promise<void> {
    const { tenant, answer } = run;
    const { collection, copies } = await this.target(run, name);
    const keyed = memories.map((placed) => ({ ...placed, hash: textHash(placed.memory.text) }));
    const unknown = copies.unknown(keyed.map(({ hash }) => hash));
    const stored = await this.database.inTenant(tenant, (tx) =>
      this.portability.copies(tx, tenant, collection.id, unknown),
    );
    copies.learn(unknown, stored);
    const fresh = keyed.filter(({ memory, hash }) => !copies.take(hash, memory.container_tag));
    answer.reasons.duplicate += keyed.length - fresh.length;
    const now = this.clock.now();
    for (let left: readonly PlacedMemory[] = fresh; left.length > 0;) {
      const items = left.map(({ memory }) => newMemory(memory, now));
      try {
        answer.imported += (await this.remember.add(tenant, collection, items)).length;
        return;
      } catch (error) {
        if (!(error instanceof EmbeddingRefused)) throw error;
        const { reasons } = error;
        for (const [at, reason] of reasons)
          leaveOut(answer, left[at]!.index, `text: the embedding endpoint refuses it: ${reason}`);
        left = left.filter((_, at) => !reasons.has(at));
      }
    }
  }

  private async target(run: Import, name: string): Promise<Target> {
    const known = run.targets.get(name);
    if (known) return known;
    const collection = await this.collections.ensure(run.tenant, name);
    const target = { collection, copies: new CopyCounts() };
    run.targets.set(name, target);
    return target;
  }
}

function leaveOut({ reasons, issues }: ImportAnswer, index: number, reason: string): void {
  reasons.invalid++;
  if (issues.length < SHOWN_ISSUES) issues.push({ index, reason });
}

function stopping(): AppError {
  return new AppError('shutting_down', 'The server is stopping; repeat the import.', {
    retryAfter: 5,
  });
}

function byCollection(
  memories: readonly PlacedMemory[],
  into: string | undefined,
): Map<string, PlacedMemory[]> {
  const groups = new Map<string, PlacedMemory[]>();
  for (const placed of memories) {
    const name = into ?? placed.memory.collection ?? DEFAULT_COLLECTION;
    const group = groups.get(name);
    if (group) group.push(placed);
    else groups.set(name, [placed]);
  }
  return groups;
}

function newMemory(memory: ImportedMemory, now: Date): NewMemory {
  return {
    text: memory.text,
    importance: memory.importance ?? undefined,
    category: memory.category ?? undefined,
    memoryType: memory.memory_type ?? undefined,
    source: memory.source ?? undefined,
    containerTag: memory.container_tag ?? null,
    metadata: memory.metadata ?? undefined,
    images: memory.images ?? undefined,
    pinned: memory.pinned ?? false,
    archived: (memory.archived ?? false) || memory.is_latest === false,
    expiresAt: memory.expires_at == null ? null : new Date(memory.expires_at),
    createdAt: memory.created_at == null ? now : new Date(memory.created_at),
  };
}
