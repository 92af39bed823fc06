import type { MigrationInterface, QueryRunner } from 'typeorm';
import { guard, OF_COLLECTION, unguard } from '../row-policies.js';

/** Only where vectors live in PostgreSQL. */
export class GuardVectors1763700000114 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await guard(runner, 'vectors', OF_COLLECTION);
    // `&&` may not look at a row before a policy has, so one would keep searches from the GIN index.
    // What others could read are hashes of words (docs/adr/0015-row-level-security.md).
    const words = { insert: OF_COLLECTION, update: OF_COLLECTION, delete: OF_COLLECTION };
    await guard(runner, 'words', { ...words, select: 'true' });
  }

  async down(runner: QueryRunner): Promise<void> {
    await unguard(runner, 'words');
    await unguard(runner, 'vectors');
  }
}
