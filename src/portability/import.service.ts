import { Inject, Injectable } from '@nestjs/common';
import { CollectionsService, type CollectionRef } from '../collections/collections.service.js';
import { AppError } from '../common/errors/app-error.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { Database } from '../database/database.js';
import type { NewMemory } from '../remember/new-memory.js';
import { textHash } from '../remember/normalise.js';
import { RememberService } from '../remember/remember.service.js';
import { slices } from '../remember/slices.js';
import { CopyCounts } from './copy-counts.js';
import { PortabilityRepository } from './portability.repository.js';
import {
  ImportedMemory,
  type ImportAnswer,
  type ImportMemoriesBody,
} from './portability.schema.js';

/** Memories that are checked, embedded and stored at a time; other requests run in between. */
const BATCH = 100;
const SHOWN_ISSUES = 100;
const DEFAULT_COLLECTION = 'default';

interface Import {
  readonly tenant: string;
  /** Asked for; overrides the collection of each memory. */
  readonly into?: string;
  readonly targets: Map<string, Target>;
  readonly answer: ImportAnswer;
}

interface Target {
  readonly collection: CollectionRef;
  readonly copies: CopyCounts;
}

/**
 * Stores exported memories under new ids. Repeating an import adds nothing: as many copies of a
 * text as the collection held before it (per container tag) are skipped. What was superseded comes
 * back archived, since the link to what replaced it is not part of an export.
 */
@Injectable()
export class ImportService {
  constructor(
    private readonly database: Database,
    private readonly portability: PortabilityRepository,
    private readonly collections: CollectionsService,
    private readonly remember: RememberService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AppError `embedder_unavailable`; what was stored until then stays. */
  async import(tenant: string, body: ImportMemoriesBody): Promise<ImportAnswer> {
    const answer: ImportAnswer = {
      imported: 0,
      skipped: 0,
      collections: [],
      reasons: { duplicate: 0, invalid: 0 },
      issues: [],
    };
    const into = body.into_collection ?? undefined;
    const run: Import = { tenant, into, targets: new Map(), answer };
    if (into === undefined) await this.createCollections(tenant, body.collections ?? []);
    let index = 0;
    for (const batch of slices(body.memories, BATCH)) {
      const valid = this.check(run, batch, index);
      for (const [name, memories] of byCollection(valid, into)) {
        await this.store(run, name, memories);
      }
      index += batch.length;
    }
    answer.skipped = answer.reasons.duplicate + answer.reasons.invalid;
    answer.collections = [...run.targets.keys()];
    return answer;
  }

  private async createCollections(
    tenant: string,
    wanted: NonNullable<ImportMemoriesBody['collections']>,
  ): Promise<void> {
    for (const one of wanted) {
      if (typeof one === 'string') {
        await this.collections.ensure(tenant, one);
        continue;
      }
      try {
        await this.collections.create(tenant, one);
      } catch (error) {
        if (!(error instanceof AppError && error.code === 'collection_exists')) throw error;
      }
    }
  }

  private check(run: Import, batch: readonly unknown[], firstIndex: number): ImportedMemory[] {
    const { reasons, issues } = run.answer;
    return batch.flatMap((value, at) => {
      const parsed = ImportedMemory.safeParse(value);
      if (parsed.success) return parsed.data;
      reasons.invalid++;
      if (issues.length < SHOWN_ISSUES) {
        const [first] = parsed.error.issues;
        const reason = `${first?.path.join('.') || 'memory'}: ${first?.message ?? 'invalid'}`;
        issues.push({ index: firstIndex + at, reason });
      }
      return [];
    });
  }

  private async store(
    run: Import,
    name: string,
    memories: readonly ImportedMemory[],
  ): Promise<void> {
    const { tenant, answer } = run;
    const { collection, copies } = await this.target(run, name);
    const keyed = memories.map((memory) => ({ memory, hash: textHash(memory.text) }));
    const unknown = copies.unknown(keyed.map(({ hash }) => hash));
    const stored = await this.database.inTenant(tenant, (tx) =>
      this.portability.copies(tx, tenant, collection.id, unknown),
    );
    copies.learn(unknown, stored);
    const fresh = keyed.filter(({ memory, hash }) => !copies.take(hash, memory.container_tag));
    answer.reasons.duplicate += keyed.length - fresh.length;
    if (fresh.length === 0) return;
    const now = this.clock.now();
    const items = fresh.map(({ memory }) => newMemory(memory, now));
    answer.imported += (await this.remember.add(tenant, collection, items)).length;
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

function byCollection(
  memories: readonly ImportedMemory[],
  into: string | undefined,
): Map<string, ImportedMemory[]> {
  const groups = new Map<string, ImportedMemory[]>();
  for (const memory of memories) {
    const name = into ?? memory.collection ?? DEFAULT_COLLECTION;
    const group = groups.get(name);
    if (group) group.push(memory);
    else groups.set(name, [memory]);
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
