import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Statistics of one write, not yet added to the sums. */
@Entity('term_deltas')
export class TermDelta {
  @PrimaryColumn({ type: 'bigint' })
  id: string;

  @Column({ type: 'uuid' })
  collectionId: string;

  @Column({ type: 'int' })
  documents: number;

  @Column({ type: 'bigint' })
  totalLength: string;

  @Column({ type: 'int', array: true })
  terms: number[];

  @Column({ type: 'int', array: true })
  counts: number[];
}
