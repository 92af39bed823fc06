import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** Vectors of one model, which alone can be compared with each other. Shared by all tenants. */
@Entity('embedding_spaces')
export class EmbeddingSpace {
  @PrimaryGeneratedColumn('identity', { type: 'int' })
  id: number;

  @Column({ type: 'text' })
  model: string;

  @Column({ type: 'int' })
  dimensions: number;

  /** Cosines at or below this show as score 0. */
  @Column({ type: 'real' })
  scoreLo: number;

  @Column({ type: 'real' })
  scoreHi: number;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
