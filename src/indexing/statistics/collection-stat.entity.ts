import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How many memories a collection has and how long they are. */
@Entity('collection_stats')
export class CollectionStat {
  @PrimaryColumn({ type: 'uuid' })
  collectionId: string;

  @Column({ type: 'bigint' })
  documents: string;

  @Column({ type: 'bigint' })
  totalLength: string;

  @Column({ type: 'real', nullable: true })
  averageLength: number | null;
}
