import { WrongSetting, isNoQdrant } from '../../indexing/qdrant/qdrant-errors.js';
import { QdrantStore, type QdrantSettings } from '../../indexing/qdrant/qdrant-store.js';
import { describeFailure, fail, ok, type Check } from './check.js';

const NAME = 'Qdrant';
/** The first that can leave a payload index out of the graphs. */
const OLDEST = { major: 1, minor: 17 };

/** Looks at the Qdrant of server mode without changing it. */
export async function checkQdrant(settings: QdrantSettings): Promise<Check> {
  const { origin } = new URL(settings.url);
  const store = new QdrantStore(settings);
  try {
    const checked = judgeVersion(await store.version(), origin);
    if (checked.state !== 'ok') return checked;
    // The version is told to everybody, the collections only to those who have the key.
    await store.collections();
    const key = settings.apiKey ? 'key accepted' : 'no key needed';
    return ok(NAME, `${checked.message}, ${key}`);
  } catch (error) {
    if (error instanceof WrongSetting) return fail(NAME, error.at(origin));
    return fail(NAME, `${origin}: ${describeFailure(error)}`);
  }
}

/** @param version as a server tells it; undefined where something else answers than Qdrant */
export function judgeVersion(version: string | undefined, origin: string): Check {
  const parts = /^(\d+)\.(\d+)/.exec(version ?? '');
  if (!parts) return fail(NAME, isNoQdrant(origin));
  const [major, minor] = parts.slice(1).map(Number) as [number, number];
  const enough = major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor);
  return enough
    ? ok(NAME, `${version}`)
    : fail(NAME, `${version}; version ${OLDEST.major}.${OLDEST.minor} or later is needed`);
}
