import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The vector of a text, kept where the model is remote. */
@Entity('embedding_cache')
export class CachedEmbedding {
  @PrimaryColumn({ type: 'uuid' })
  tenantId: string;

  @PrimaryColumn({ type: 'int' })
  spaceId: number;

  @PrimaryColumn({ type: 'bytea' })
  hash: Buffer;

  @Column({ type: 'bytea' })
  embedding: Buffer;

  @Column({ type: 'timestamptz' })
  usedAt: Date;
}
