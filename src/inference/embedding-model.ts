import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Clock } from '../common/clock.js';
import { projectRoot } from '../common/compiled.js';
import { AppError } from '../common/errors/app-error.js';
import type { Secret } from '../common/secret.js';
import type { Embedder } from './embedder.js';
import { OpenAiEmbedder } from './openai/openai-embedder.js';
import { StaticEmbedder } from './static/static-embedder.js';

export const BUILTIN_MODEL = 'static-minilm-256';
/** Unrelated English texts have cosines of 0.1 and more there: see the model card. */
const BUILTIN_SCORE_LOW = 0.1;
const FINGERPRINT_BYTES = 65_536;

export interface EmbeddingSettings {
  /** `builtin`, a folder in Model2Vec's layout, or a model's name at the endpoint. */
  model: string;
  apiKey?: Secret<string>;
  /** An OpenAI-compatible endpoint without `/embeddings`; OpenAI where not given. */
  baseUrl?: string;
}

export interface EmbeddingDependencies {
  clock: Clock;
  fetch?: typeof fetch;
}

/**
 * The embedder that the settings name. Nothing is loaded or called yet.
 * @throws AppError `model_unusable` for a path without a model, `configuration_invalid` for a
 * model of OpenAI's without a key.
 */
export function createEmbedder(
  settings: EmbeddingSettings,
  { clock, fetch }: EmbeddingDependencies,
): Embedder {
  const { model, apiKey, baseUrl } = settings;
  if (model === 'builtin') {
    const folder = join(projectRoot, 'assets', 'models', BUILTIN_MODEL);
    return new StaticEmbedder({
      folder,
      model: `builtin:${BUILTIN_MODEL}`,
      scoreLow: BUILTIN_SCORE_LOW,
    });
  }
  if (statSync(model, { throwIfNoEntry: false })?.isDirectory()) {
    return new StaticEmbedder({ folder: resolve(model), model: folderModelName(model) });
  }
  if (/^(\.{0,2}\/|[A-Za-z]:\\)/.test(model)) {
    throw new AppError('model_unusable', `there is no model folder ${model}`);
  }
  if (!apiKey && !baseUrl) {
    throw new AppError('configuration_invalid', `model ${model} needs an API key or a base URL`);
  }
  return new OpenAiEmbedder({ model, apiKey, baseUrl, clock, fetch });
}

/**
 * `model2vec:<folder>@<hash>`: other weights under the same path must count as another model, and
 * the same folder elsewhere as the same. The hash covers the size and both ends of the weights,
 * which costs a millisecond at any size.
 */
function folderModelName(folder: string): string {
  const path = join(folder, 'model.safetensors');
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      const ends = Buffer.alloc(2 * FINGERPRINT_BYTES);
      readSync(file, ends, 0, FINGERPRINT_BYTES, 0);
      readSync(
        file,
        ends,
        FINGERPRINT_BYTES,
        FINGERPRINT_BYTES,
        Math.max(0, size - FINGERPRINT_BYTES),
      );
      const hash = createHash('sha256').update(`${size}:`).update(ends).digest('hex');
      return `model2vec:${basename(resolve(folder))}@${hash.slice(0, 12)}`;
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new AppError('model_unusable', `${path} cannot be read`, { cause });
  }
}
