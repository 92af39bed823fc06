import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { z } from 'zod';
import { Public } from '../auth/access.js';
import type { ApiRequest } from '../common/http/api-request.js';
import { Operation } from '../common/http/operation.js';
import { CONFIG, type Config } from '../config/config.js';
import { requireScraper } from './scrape-access.js';
import { ScrapeService } from './scrape.service.js';

@ApiTags('health')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly scrapes: ScrapeService,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Public as far as tenants' keys go; who may scrape is decided by `requireScraper`. */
  @Get()
  @Public()
  @ApiProduces('text/plain')
  @Operation({
    id: 'getMetrics',
    summary: 'Metrics of this process and of the database, as Prometheus reads them',
    description:
      'Open where the server listens on a loopback address and no proxy is in between; ' +
      'elsewhere it needs the operator key as bearer.',
    answer: z.string(),
    errors: ['unauthorized', 'operator_only'],
  })
  async scrape(
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) response: Response,
  ): Promise<string> {
    const proxied = request.get('forwarded') ?? request.get('x-forwarded-for');
    requireScraper(this.config, {
      authorization: request.get('authorization'),
      forwarded: proxied !== undefined,
    });
    response.setHeader('Cache-Control', 'no-store');
    response.type(this.scrapes.contentType);
    return this.scrapes.text();
  }
}
