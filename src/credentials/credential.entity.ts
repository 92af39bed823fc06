import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One secret field of a connection, sealed with the data key of its tenant. */
@Entity('credentials')
export class Credential {
  @PrimaryColumn({ type: 'uuid' })
  connectionId: string;

  @PrimaryColumn({ type: 'text' })
  field: string;

  @Column({ type: 'text' })
  keyId: string;

  @Column({ type: 'bytea' })
  iv: Buffer;

  @Column({ type: 'bytea' })
  tag: Buffer;

  @Column({ type: 'bytea' })
  ciphertext: Buffer;

  @Column({ type: 'int' })
  version: number;

  @Column({ type: 'timestamptz' })
  updatedAt: Date;
}
