import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { z } from 'zod';
import { fastApiIssues } from './fastapi-issues.js';
import { unstorable } from './unstorable.js';
import { validationFailed } from './validation-failed.js';

const PLACES = { body: 'body', query: 'query', param: 'path', custom: 'header' } as const;

/**
 * Validates whatever carries a schema: `@Body({ schema })`, `@Query({ schema })`,
 * `@Param('id', { schema })`. Nest's own StandardSchemaValidationPipe does not tell where a wrong
 * value came from, which FastAPI's `loc` needs.
 * @throws AppError `validation_failed`
 */
@Injectable()
export class SchemaPipe implements PipeTransform {
  transform(value: unknown, { type, data, schema }: ArgumentMetadata): unknown {
    if (!(schema instanceof z.ZodType)) return value;
    const where = data === undefined ? [PLACES[type]] : [PLACES[type], data];
    // The body reader has checked bodies already, the ones without a schema too.
    const broken = type === 'body' ? [] : unstorable(value, where);
    if (broken.length > 0) throw validationFailed(...broken);
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    throw validationFailed(...fastApiIssues(result.error.issues, where, value));
  }
}
