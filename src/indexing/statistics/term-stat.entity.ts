import { Column, Entity, PrimaryColumn } from 'typeorm';

/** In how many memories of a collection a term occurs. */
@Entity('term_stats')
export class TermStat {
  @PrimaryColumn({ type: 'uuid' })
  collectionId: string;

  @PrimaryColumn({ type: 'int' })
  term: number;

  @Column({ type: 'bigint' })
  documents: string;
}
