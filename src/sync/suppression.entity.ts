import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a tenant removed for good: a document, or one text of it. */
@Entity('suppressions')
export class Suppression {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'uuid' })
  tenantId: string;

  @Column({ type: 'text' })
  provider: string;

  @Column({ type: 'text' })
  accountId: string;

  @Column({ type: 'text', nullable: true })
  externalId: string | null;

  @Column({ type: 'text', nullable: true })
  textHash: string | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
