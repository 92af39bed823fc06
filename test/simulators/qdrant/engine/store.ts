import type { AliasAction, CreateCollection } from '../schemas/collection.schema.js';
import { Collection } from './collection.js';
import { badRequest, conflict, notFound, wrongInput } from './qdrant-error.js';

/** Collections and the aliases of them. */
export class Store {
  private readonly collections = new Map<string, Collection>();
  private aliases = new Map<string, string>();

  constructor(private readonly applyAfterMs: number | null) {}

  names(): string[] {
    return [...this.collections.keys()].sort();
  }

  /** @param name of a collection or an alias. @throws QdrantError 404 */
  get(name: string): Collection {
    const collection = this.collections.get(this.aliases.get(name) ?? name);
    if (collection === undefined) throw notFound(`Collection \`${name}\` doesn't exist!`);
    return collection;
  }

  has(name: string): boolean {
    return this.collections.has(this.aliases.get(name) ?? name);
  }

  create(name: string, config: CreateCollection): void {
    if (this.collections.has(name)) throw conflict(`Collection \`${name}\` already exists!`);
    if (this.aliases.has(name)) {
      throw wrongInput(
        `Can't create collection with name ${name}. Alias with the same name already exists`,
      );
    }
    if ([...'<>:"/\\|?*\0\u001f'].some((char) => name.includes(char)))
      throw badRequest(`collection name ${name} is not valid`);
    this.collections.set(name, new Collection(name, config, this.applyAfterMs));
  }

  /** By its own name only, with its aliases. @returns whether there was one */
  delete(name: string): boolean {
    for (const [alias, target] of this.aliases) {
      if (target === name) this.aliases.delete(alias);
    }
    this.collections.get(name)?.queue.discard();
    return this.collections.delete(name);
  }

  /** All or nothing. @throws QdrantError */
  changeAliases(actions: readonly AliasAction[]): void {
    const next = new Map(this.aliases);
    for (const action of actions) {
      if ('create_alias' in action) {
        const { alias_name: alias, collection_name: target } = action.create_alias;
        if (!this.collections.has(target)) {
          throw notFound(`Collection \`${target}\` doesn't exist!`);
        }
        if (this.collections.has(alias)) throw conflict(`Collection \`${alias}\` already exists!`);
        next.set(alias, target);
      } else if ('delete_alias' in action) {
        next.delete(action.delete_alias.alias_name);
      } else {
        const { old_alias_name: old, new_alias_name: alias } = action.rename_alias;
        const target = next.get(old);
        if (target === undefined) throw notFound(`Alias ${old} does not exists!`);
        next.delete(old);
        next.set(alias, target);
      }
    }
    this.aliases = next;
  }

  aliasesOf(collection?: string): { alias_name: string; collection_name: string }[] {
    return [...this.aliases]
      .filter(([, target]) => collection === undefined || target === collection)
      .map(([alias_name, collection_name]) => ({ alias_name, collection_name }));
  }

  /** Applies every write that was acknowledged. */
  settle(): void {
    for (const { queue } of this.collections.values()) queue.settle();
  }

  wipe(): void {
    for (const { queue } of this.collections.values()) queue.discard();
    this.collections.clear();
    this.aliases.clear();
  }
}
