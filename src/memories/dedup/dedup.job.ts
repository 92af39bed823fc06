import { setImmediate as nextTurn } from 'node:timers/promises';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { z } from 'zod';
import { CollectionsService } from '../../collections/collections.service.js';
import { Database } from '../../database/database.js';
import { JobHandlers } from '../../jobs/job-handlers.js';
import { slices } from '../../remember/slices.js';
import { excerpt } from '../digest/excerpt.js';
import type { Removable } from '../memories.repository.js';
import { RemovalService } from '../removal.service.js';
import { planDedup, type NearGroups, type PlannedCluster } from './dedup-plan.js';
import { DedupRepository, type DedupCandidate } from './dedup.repository.js';
import type { DedupResult } from './dedup.schema.js';
import { NearTexts } from './near-texts.service.js';

export const DEDUP_JOB = 'dedup';

export const DedupParams = z.object({
  collection: z.string(),
  threshold: z.number(),
  dry_run: z.boolean(),
});
export type DedupParams = z.infer<typeof DedupParams>;

const PAGE = 1_000;
const STEPS_PER_TURN = 8;
const SHOWN_CLUSTERS = 500;
const SHOWN_DUPLICATES = 100;
const EXCERPT_CHARACTERS = 160;
const BACKGROUND = { priority: 'background' } as const;

/**
 * Finds texts that are there twice in one container tag, equal ones by hash, near ones by vector,
 * and deletes all but the best. A second pass after a crash finds what the first left over.
 */
@Injectable()
export class DedupJob implements OnModuleInit {
  constructor(
    private readonly database: Database,
    private readonly dedup: DedupRepository,
    private readonly nearTexts: NearTexts,
    private readonly removal: RemovalService,
    private readonly collections: CollectionsService,
    private readonly handlers: JobHandlers,
  ) {}

  onModuleInit(): void {
    this.handlers.register(DEDUP_JOB, (tenant, params, signal) =>
      this.run(tenant, DedupParams.parse(params), signal),
    );
  }

  async run(tenant: string, params: DedupParams, signal: AbortSignal): Promise<DedupResult> {
    const collection = await this.collections.require(tenant, params.collection);
    const candidates = await this.candidates(tenant, collection.id, signal);
    const groups = groupEqualTexts(candidates);
    const near = await this.nearTexts.read(tenant, collection, groups, params.threshold, signal);
    const plan = await this.plan(groups, near, signal);
    // Before deleting: afterwards the texts are gone.
    const clusters = await this.show(tenant, plan);
    const hashes = new Map(candidates.map(({ id, textHash }) => [id, textHash]));
    const deleted = params.dry_run
      ? 0
      : await this.delete(tenant, collection.id, plan, hashes, signal);
    return {
      clusters,
      cluster_count: plan.length,
      duplicate_count: plan.reduce((sum, { duplicates }) => sum + duplicates.length, 0),
      deleted,
      dry_run: params.dry_run,
    };
  }

  private async candidates(
    tenant: string,
    collectionId: string,
    signal: AbortSignal,
  ): Promise<DedupCandidate[]> {
    const all: DedupCandidate[] = [];
    let page: DedupCandidate[];
    do {
      signal.throwIfAborted();
      page = await this.database.inTenant(
        tenant,
        (tx) => this.dedup.page(tx, tenant, collectionId, all.at(-1), PAGE),
        BACKGROUND,
      );
      all.push(...page);
    } while (page.length === PAGE);
    return all;
  }

  private async plan(
    groups: readonly (readonly DedupCandidate[])[],
    near: NearGroups,
    signal: AbortSignal,
  ): Promise<PlannedCluster[]> {
    const clusters: PlannedCluster[] = [];
    let steps = 0;
    for (const cluster of planDedup(groups, near)) {
      if (cluster) clusters.push(cluster);
      if (++steps % STEPS_PER_TURN > 0) continue;
      await nextTurn();
      signal.throwIfAborted();
    }
    return clusters;
  }

  /** What was edited, pinned or deleted since the plan was made is left alone. */
  private async delete(
    tenant: string,
    collectionId: string,
    plan: readonly PlannedCluster[],
    hashes: ReadonlyMap<string, string>,
    signal: AbortSignal,
  ): Promise<number> {
    const isUnchanged = (memory: Removable): boolean => hashes.get(memory.id) === memory.text_hash;
    let deleted = 0;
    for (const { keep, duplicates } of plan) {
      for (const batch of slices(duplicates, this.database.writeBatch)) {
        signal.throwIfAborted();
        deleted += await this.removal.removeChosen(
          tenant,
          collectionId,
          [keep, ...batch.map(({ id }) => id)],
          (locked) => {
            const unchanged = locked.filter(isUnchanged);
            if (!unchanged.some(({ id }) => id === keep)) return [];
            return unchanged.filter(({ id, pinned }) => id !== keep && !pinned);
          },
          BACKGROUND,
        );
      }
    }
    return deleted;
  }

  private async show(
    tenant: string,
    plan: readonly PlannedCluster[],
  ): Promise<DedupResult['clusters']> {
    const shown = plan.slice(0, SHOWN_CLUSTERS).map(({ keep, duplicates }) => ({
      keep,
      duplicates: duplicates.slice(0, SHOWN_DUPLICATES),
    }));
    const clusters: DedupResult['clusters'] = [];
    for (const batch of slices(shown, 50)) {
      const ids = batch.flatMap(({ keep, duplicates }) => [
        keep,
        ...duplicates.map(({ id }) => id),
      ]);
      const texts = await this.database.inTenant(
        tenant,
        (tx) => this.dedup.texts(tx, tenant, ids, 2 * EXCERPT_CHARACTERS),
        BACKGROUND,
      );
      const text = (id: string): string => excerpt(texts.get(id) ?? '', EXCERPT_CHARACTERS);
      for (const { keep, duplicates } of batch) {
        clusters.push({
          keep: { id: keep, text: text(keep) },
          duplicates: duplicates.map(({ id, score }) => ({ id, text: text(id), score })),
        });
      }
    }
    return clusters;
  }
}

function groupEqualTexts(candidates: readonly DedupCandidate[]): DedupCandidate[][] {
  const groups = new Map<string, DedupCandidate[]>();
  for (const candidate of candidates) {
    const key = JSON.stringify([candidate.textHash, candidate.containerTag]);
    const group = groups.get(key);
    if (group) group.push(candidate);
    else groups.set(key, [candidate]);
  }
  return [...groups.values()];
}
