/** A write, which is sent again with its key for as long as nobody knows what became of it. */
export interface Act {
  readonly kind: 'add' | 'update' | 'delete';
  readonly key: string;
  /** Of an update or a deletion. */
  readonly id?: string;
  /** New texts: several of a bulk addition. */
  readonly texts: readonly string[];
  tries: number;
  /** Of its last answer; null: there was none. */
  code: string | null;
}

/** What a client has been told, and what it has not been told yet. */
export class Ledger {
  /** Acknowledged texts by id. */
  readonly live = new Map<string, string>();
  /** Texts of acknowledged deletions, by id. */
  readonly deleted = new Map<string, string>();
  /** Writes whose outcome is unknown. */
  readonly open = new Set<Act>();
  acknowledged = 0;

  /** @param ids of an addition, in the order of its texts */
  settle(act: Act, ids: readonly string[]): void {
    this.open.delete(act);
    this.acknowledged += 1;
    const { id, kind } = act;
    if (id === undefined) {
      ids.forEach((added, at) => this.live.set(added, act.texts[at]!));
    } else if (kind === 'update') {
      this.live.set(id, act.texts[0]!);
    } else {
      this.deleted.set(id, this.live.get(id)!);
      this.live.delete(id);
    }
  }

  /** Ids that an unknown write is about: their rows may be as before it or as after it. */
  unsure(): Map<string, Act> {
    return new Map([...this.open].flatMap((act) => (act.id === undefined ? [] : [[act.id, act]])));
  }

  /** Texts that may have been stored, and under which id nobody knows yet. */
  unsureTexts(): Set<string> {
    return new Set([...this.open].flatMap(({ id, texts }) => (id === undefined ? texts : [])));
  }
}
