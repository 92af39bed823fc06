/** Where the pieces that begin a word are looked up from, and those that go on with one. */
export const WORD_START = 0;
export const CONTINUATION = 1;

const NOTHING = -1;

/** A trie as data. */
export interface TrieArrays {
  /** Number of the node, found by its parent and unit; 0: free. At most half are taken. */
  readonly slots: Int32Array;
  readonly parents: Int32Array;
  readonly units: Uint16Array;
  readonly ids: Int32Array;
  readonly nodes: number;
}

function noPieces(): TrieArrays {
  return {
    slots: new Int32Array(1024),
    parents: new Int32Array(512),
    units: new Uint16Array(512),
    ids: new Int32Array(512).fill(NOTHING),
    nodes: 2,
  };
}

/**
 * The pieces of a vocabulary, unit by unit: the longest one at a place is found in one walk, which
 * ends where no piece goes on. Asked for by each length in turn, text that is no language (base64,
 * keys, hashes) took ten times as long, and a string per question. In flat arrays, since there are
 * 65,000 nodes.
 */
export class PieceTrie {
  private slots: Int32Array;
  private parents: Int32Array;
  private units: Uint16Array;
  private ids: Int32Array;
  private nodes: number;

  /** @param arrays of another trie, which must not grow any more */
  constructor(arrays: TrieArrays = noPieces()) {
    ({ slots: this.slots, parents: this.parents, units: this.units } = arrays);
    ({ ids: this.ids, nodes: this.nodes } = arrays);
  }

  get arrays(): TrieArrays {
    const { slots, parents, units, ids, nodes } = this;
    return { slots, parents, units, ids, nodes };
  }

  /** @param root WORD_START or CONTINUATION */
  add(root: number, piece: string, id: number): void {
    let node = root;
    for (let at = 0; at < piece.length; at++) {
      const unit = piece.charCodeAt(at);
      const child = this.child(node, unit);
      node = child === NOTHING ? this.grow(node, unit) : child;
    }
    if (piece !== '') this.ids[node] = id;
  }

  /** The node one unit further on, or negative where no piece goes on like that. */
  child(node: number, unit: number): number {
    const { slots, parents, units } = this;
    const mask = slots.length - 1;
    for (let at = slotOf(node, unit) & mask; slots[at] !== 0; at = (at + 1) & mask) {
      const child = slots[at]!;
      if (parents[child] === node && units[child] === unit) return child;
    }
    return NOTHING;
  }

  /** The id of the piece that ends in this node; negative where none does. */
  idOf(node: number): number {
    return this.ids[node]!;
  }

  private grow(parent: number, unit: number): number {
    if (this.nodes === this.parents.length) this.double();
    const node = this.nodes++;
    this.parents[node] = parent;
    this.units[node] = unit;
    this.place(node);
    return node;
  }

  private place(node: number): void {
    const mask = this.slots.length - 1;
    let at = slotOf(this.parents[node]!, this.units[node]!) & mask;
    while (this.slots[at] !== 0) at = (at + 1) & mask;
    this.slots[at] = node;
  }

  private double(): void {
    const { parents, units, ids, nodes } = this;
    this.parents = new Int32Array(2 * nodes);
    this.units = new Uint16Array(2 * nodes);
    this.ids = new Int32Array(2 * nodes).fill(NOTHING);
    this.parents.set(parents);
    this.units.set(units);
    this.ids.set(ids);
    this.slots = new Int32Array(4 * nodes);
    for (let node = 2; node < nodes; node++) this.place(node);
  }
}

function slotOf(node: number, unit: number): number {
  const hash = Math.imul(Math.imul(node, 0x9e3779b1) ^ unit, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}
