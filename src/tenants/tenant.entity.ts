import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('tenants')
export class Tenant {
  @PrimaryColumn({ type: 'uuid' })
  id: string;

  /** A container of another tenant; deleted with it. */
  @Column({ type: 'uuid', nullable: true })
  parentId: string | null;

  /** For people; not unique. */
  @Column({ type: 'text' })
  name: string;

  /** Name of a plan of the configuration. */
  @Column({ type: 'text' })
  plan: string;

  /** The tenant's data key, wrapped by the key `keyId` of the key ring. */
  @Column({ type: 'bytea', nullable: true })
  dataKeyWrapped: Buffer | null;

  @Column({ type: 'text', nullable: true })
  keyId: string | null;

  /** The data key before, while a rotation encrypts anew what it sealed. */
  @Column({ type: 'bytea', nullable: true })
  previousDataKeyWrapped: Buffer | null;

  @Column({ type: 'text', nullable: true })
  previousKeyId: string | null;

  @Column({ type: 'timestamptz' })
  createdAt: Date;
}
