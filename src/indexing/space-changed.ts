/**
 * A reindex has given the collection another embedding space since the vectors for it were made, or
 * since a search of it began. Nothing was written; what was made is to be made again with the
 * collection's new model.
 */
export class SpaceChanged extends Error {
  constructor(readonly collectionId: string) {
    super(`collection ${collectionId} has another embedding space now`);
  }
}
