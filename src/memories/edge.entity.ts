import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * How two memories relate. `supersedes`: `from` is current and `to` is what it replaced, which is
 * then no longer latest; `extends`: `from` adds to `to` and both stay.
 */
export type EdgeKind = 'supersedes' | 'extends';

@Entity('edges')
export class Edge {
  @PrimaryColumn('uuid')
  fromId: string;

  @PrimaryColumn('uuid')
  toId: string;

  @PrimaryColumn('text')
  kind: EdgeKind;

  @Column('text', { nullable: true })
  reason: string | null;

  @Column('timestamptz')
  createdAt: Date;
}
