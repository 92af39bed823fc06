import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { z } from 'zod';
import { completeOperation } from './openapi-operation.js';

const DESCRIPTION = `
One searchable memory of everything a team writes.

Every answer carries \`X-Request-Id\` (yours, if you send one) and, where a key was accepted,
\`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\` (unix seconds); plans without a
limit show 2147483647. Lists are bare arrays with \`Link: <...>; rel="next"\` while more rows follow.
Errors are \`{detail, code, request_id}\`; switch on \`code\`. Fields that a body's schema does not have are
ignored, except where it says \`additionalProperties: false\`.
`.trim();

const ErrorAnswer = z.object({
  detail: z.union([
    z.string(),
    z.array(
      z.object({
        loc: z.array(z.union([z.string(), z.int()])),
        msg: z.string(),
        type: z.string(),
      }),
    ),
  ]),
  code: z.string(),
  request_id: z.string(),
  checks: z
    .array(
      z.object({
        name: z.string(),
        outcome: z.enum(['passed', 'failed', 'indeterminate', 'skipped']),
        message: z.string(),
      }),
    )
    .optional()
    .describe('What the source was asked, when a connection fails a check'),
});

type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** The OpenAPI document, made from the same zod schemas that validate. */
export function openApiDocument(app: INestApplication, version: string): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Tributary')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'Key of a tenant' }, 'apiKey')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'Operator key' }, 'operatorKey')
    .build();
  const components = new Components();
  const document = SwaggerModule.createDocument(app, config, {
    standardSchemaConverter: (schema, { schemaType }) =>
      schema instanceof z.ZodType ? components.note(convert(schema, schemaType)) : undefined,
  });
  document.components ??= {};
  document.components.schemas = {
    ...document.components.schemas,
    Error: convert(ErrorAnswer, 'output').schema as Schema,
  };
  for (const path of Object.values(document.paths)) completeOperation(path);
  return document;
}

interface Converted {
  schema: Record<string, unknown>;
  components: Record<string, unknown>;
}

/** Swagger lets a second schema of the same `meta({ id })` replace the first without a word. */
class Components {
  private readonly known = new Map<string, string>();

  note(converted: Converted): Converted {
    for (const [id, schema] of Object.entries(converted.components)) {
      const text = JSON.stringify(schema);
      if ((this.known.get(id) ?? text) !== text) {
        throw new Error(`Two schemas have the id ${id}, or one differs as body and as answer.`);
      }
      this.known.set(id, text);
    }
    return converted;
  }
}

function convert(schema: z.ZodType, io: 'input' | 'output'): Converted {
  const { definitions, ...own } = z.toJSONSchema(schema, {
    target: 'openapi-3.0',
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      // Zod leaves defaults out where a text becomes another type, as all queries do.
      if (def.type === 'default') jsonSchema.default ??= def.defaultValue;
      // Answers may grow fields; only bodies that refuse unknown ones say so.
      if (def.type === 'object' && !def.catchall) delete jsonSchema.additionalProperties;
      // A format says more to a reader than zod's regular expression for it; and what a query
      // schema reads as text is shown as the number that it becomes.
      if (jsonSchema.format !== undefined || jsonSchema.type !== 'string') {
        delete jsonSchema.pattern;
      }
    },
  });
  delete own.$schema;
  return { schema: own, components: (definitions ?? {}) as Converted['components'] };
}
