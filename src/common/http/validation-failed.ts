import { AppError, type ValidationIssue } from '../errors/app-error.js';

/**
 * For rules that a schema cannot state (they need the database, the clock or the tenant):
 * `throw validationFailed({ loc: ['body', 'confirm'], msg: '...', type: 'value_error' })`.
 */
export function validationFailed(...issues: ValidationIssue[]): AppError {
  return new AppError('validation_failed', 'The request does not match the schema.', { issues });
}
