import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Response } from 'express';
import { AppError } from '../errors/app-error.js';
import type { ApiRequest } from './api-request.js';
import { errorAnswer } from './error-answer.js';

/** The one place where failures become answers. */
@Catch()
export class ApiExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger(ApiExceptionFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<ApiRequest>();
    const response = host.switchToHttp().getResponse<Response>();
    const answer = errorAnswer(error, request.requestId);
    if (answer.status >= 500) this.report(error, answer.body.code);
    if (response.headersSent) {
      // A stream broke halfway: cutting the connection is the only way left to say so.
      response.destroy();
      return;
    }
    response.status(answer.status).set(answer.headers).json(answer.body);
  }

  private report(error: unknown, code: string): void {
    if (code === 'internal_error') this.logger.error({ msg: 'unexpected failure', err: error });
    else if (error instanceof AppError) {
      this.logger.warn({ msg: error.message, code, err: error.cause });
    }
  }
}
