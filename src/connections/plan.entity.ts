import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What a backfill will take, or what a scope change will do, as it was told to a person. */
@Entity('connection_plans')
export class ConnectionPlan {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'uuid' })
  connectionId: string;

  @Column({ type: 'text' })
  kind: 'backfill' | 'scope';

  @Column({ type: 'jsonb' })
  body: Record<string, unknown>;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
