import type { Schemas } from '@qdrant/js-client-rest';
import { z } from 'zod';

type Published<Name extends keyof Schemas> = {
  readonly [Key in keyof Required<Schemas[Name]>]: z.ZodType<Schemas[Name][Key]>;
};
type Surplus<Shape, Name extends keyof Schemas> = {
  readonly [Key in Exclude<keyof Shape, keyof Schemas[Name]>]: never;
};

/**
 * A strict object that tsc compares, field by field, with the schema of that name in Qdrant's
 * OpenAPI document, as the official client's generated types give it: a field that is missing, one
 * too many, or one whose values the document does not allow does not compile.
 */
export function published<Name extends keyof Schemas>() {
  return <Shape extends Published<Name>>(
    shape: Shape & Surplus<Shape, Name>,
  ): z.ZodObject<Shape, z.core.$strict> => z.strictObject(shape);
}

/** A field of Qdrant's that this double does not do, so that using it is an error, not a no-op. */
export const notHere = z.null({ error: 'is not done by this double' }).optional();
