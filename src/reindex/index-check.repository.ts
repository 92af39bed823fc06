import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

export interface CheckedCollection {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly model: string;
  readonly spaceId: number;
  readonly nextSpaceId: number | null;
}

@Injectable()
export class IndexCheckRepository {
  /** The collection of that id, or the first one after it, of any tenant. */
  async collection(
    tx: EntityManager,
    id: string | null,
    comparison: '=' | '>',
  ): Promise<CheckedCollection | undefined> {
    const rows = await tx.query<CheckedCollection[]>(
      `select c.id, c.tenant_id as tenant, c.name, s.model, c.space_id as "spaceId",
         c.next_space_id as "nextSpaceId"
       from collections c join embedding_spaces s on s.id = c.space_id
       where c.id ${comparison} $1 order by c.id limit 1`,
      [id ?? '00000000-0000-0000-0000-000000000000'],
    );
    return rows[0];
  }

  /** The first space after that one. */
  async nextSpace(tx: EntityManager, after: number): Promise<number | undefined> {
    const rows = await tx.query<{ id: number }[]>(
      `select id from embedding_spaces where id > $1 order by id limit 1`,
      [after],
    );
    return rows[0]?.id;
  }
}
