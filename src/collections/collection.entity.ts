import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('collections')
export class Collection {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'uuid' })
  tenantId: string;

  /** Unique within the tenant, in Unicode form NFC. */
  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ type: 'jsonb' })
  metadata: Record<string, unknown>;

  /** Where its vectors are; fixed until a reindex is complete. */
  @Column({ type: 'int' })
  spaceId: number;

  /** Set while a reindex fills another space beside the current one. */
  @Column({ type: 'int', nullable: true })
  nextSpaceId: number | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}
