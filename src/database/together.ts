type Parts<Results extends readonly unknown[]> = {
  readonly [Key in keyof Results]: () => Promise<Results[Key]>;
};

/**
 * Runs parts of a transaction that do not need each other's results. The database gets their
 * statements without waiting for the answers in between
 * (https://www.postgresql.org/docs/current/libpq-pipeline-mode.html), in the order in which the
 * parts send them, so rows may refer to those of an earlier part. All have ended when this returns
 * or throws, so that none sends anything after the rollback.
 * @throws what failed first: the rest fails because of it
 */
export async function together<Results extends readonly unknown[]>(
  ...parts: Parts<Results>
): Promise<Results> {
  const errors: unknown[] = [];
  const results = await Promise.all(
    (parts as readonly (() => Promise<unknown>)[]).map(async (part) => {
      try {
        return await part();
      } catch (error) {
        errors.push(error);
        return undefined;
      }
    }),
  );
  if (errors.length > 0) throw errors[0];
  return results as unknown as Results;
}
