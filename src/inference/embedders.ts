import { AppError } from '../common/errors/app-error.js';
import type { Embedder } from './embedder.js';

/** What is to be embedded belongs to a collection, and a collection to a model. */
export interface OfModel {
  /** The collection's. */
  readonly name: string;
  readonly model: string;
}

/**
 * The models of this installation. Vectors of different models must never share a space, because
 * their cosines mean nothing to each other; so every text is embedded with the model of the
 * collection that it belongs to.
 */
export class Embedders {
  private readonly byModel: ReadonlyMap<string, Embedder>;
  private readonly bySetting: ReadonlyMap<string, Embedder>;

  /**
   * @param standard the model of new collections
   * @param more further ones; none is loaded before it is used
   * @param settings what the settings say for each of them, in the same order
   */
  constructor(
    readonly standard: Embedder,
    more: readonly Embedder[] = [],
    settings: readonly string[] = [],
  ) {
    this.byModel = new Map([...more, standard].map((embedder) => [embedder.model, embedder]));
    const models = [standard, ...more].map(({ model }) => this.find(model)!);
    this.bySetting = new Map(settings.map((name, at) => [withoutSlash(name), models[at]!]));
  }

  /** Names of all models, as embedding spaces have them. */
  get models(): ReadonlySet<string> {
    return new Set(this.byModel.keys());
  }

  find(model: string): Embedder | undefined {
    return this.byModel.get(model);
  }

  /** @throws AppError `embedding_model_differs` */
  of({ name, model }: OfModel): Embedder {
    const embedder = this.find(model);
    if (embedder) return embedder;
    throw new AppError(
      'embedding_model_differs',
      `The collection "${name}" was embedded with ${model}, which is not configured here. ` +
        'Name the model in TRIBUTARY_EMBEDDING_MODELS, or reindex the collection.',
    );
  }

  /**
   * The model that a person names: as it is shown (`openai:text-embedding-3-small`), as a setting
   * has it (`builtin`, `text-embedding-3-small`, a folder's path), or by the folder's name.
   * @throws AppError `model_not_configured`
   */
  named(name: string): Embedder {
    const known = [...this.byModel.values()];
    const found =
      this.find(name) ??
      this.bySetting.get(withoutSlash(name)) ??
      known.find(({ model }) => name === 'builtin' && model.startsWith('builtin:')) ??
      known.find(({ model }) => model.slice(model.indexOf(':') + 1).split('@')[0] === name);
    if (found) return found;
    throw new AppError(
      'model_not_configured',
      `${name} is not configured here; name it in TRIBUTARY_EMBEDDING_MODELS. ` +
        `There is ${known.map(({ model }) => model).join(', ')}.`,
    );
  }
}

/** Shells end the path of a folder with a slash. */
function withoutSlash(name: string): string {
  return name.replace(/\/+$/, '');
}
