import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A document that could not be listed, read or turned into text, or not all of it. */
@Entity('failures')
export class Failure {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  @Column({ type: 'uuid' })
  connectionId: string;

  @Column({ type: 'text' })
  externalId: string;

  @Column({ type: 'text' })
  stage: string;

  @Column({ type: 'text' })
  code: string;

  @Column({ type: 'text' })
  message: string;

  @Column({ type: 'text', nullable: true })
  title: string | null;

  @Column({ type: 'text', nullable: true })
  url: string | null;

  @Column({ type: 'text', nullable: true })
  partitionKey: string | null;

  @Column({ type: 'text', nullable: true })
  version: string | null;

  @Column({ type: 'int' })
  attempts: number;

  @Column({ type: 'timestamptz', nullable: true })
  nextAt: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  resolvedAt: Date | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}
