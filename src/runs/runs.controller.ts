import { Controller, Get, Headers, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { Scopes } from '../auth/access.js';
import { CurrentTenant } from '../auth/current.js';
import { CLOCK, type Clock } from '../common/clock.js';
import { Id } from '../common/http/id.schema.js';
import { Lifecycle } from '../common/http/lifecycle.js';
import { Operation } from '../common/http/operation.js';
import { sendEvents } from './run-events-stream.js';
import { RunEvents } from './run-events.js';
import { RunExplanation } from './run-explain.schema.js';
import { RunExplainService } from './run-explain.service.js';
import { CancelAnswer, RunDetailAnswer, RunEvent } from './runs.schema.js';
import { RunsService } from './runs.service.js';

@ApiTags('runs')
@Controller('v1/memory/runs')
export class RunsController {
  constructor(
    private readonly runs: RunsService,
    private readonly explanations: RunExplainService,
    private readonly events: RunEvents,
    private readonly lifecycle: Lifecycle,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get(':id')
  @Scopes('memory:read')
  @Operation({
    id: 'getRun',
    summary: 'Show a run with its partitions and attempts',
    answer: RunDetailAnswer,
    errors: ['run_not_found'],
  })
  get(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
  ): Promise<RunDetailAnswer> {
    return this.runs.get(tenant, id);
  }

  @Get(':id/explain')
  @Scopes('memory:read')
  @Operation({
    id: 'explainRun',
    summary: 'Say why a run stands where it stands',
    description:
      'Waiting for what and until when, the last call to the source, what is left of its budgets, ' +
      'the worker that has the run, what stands before it in the queue, and what you can do.',
    answer: RunExplanation,
    errors: ['run_not_found'],
  })
  explain(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
  ): Promise<RunExplanation> {
    return this.explanations.explain(tenant, id);
  }

  @Get(':id/events')
  @Scopes('memory:read')
  @ApiProduces('text/event-stream')
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'Set by EventSource' })
  @Operation({
    id: 'followRun',
    summary: 'Follow a run by server-sent events until it ends',
    description:
      'Events: `state` when the run moves on, `progress` at most once a second, `end` with the ' +
      'whole run, after which the stream ends. A comment every 15 s keeps the connection open. ' +
      'Whoever has seen the end and asks again gets 204, which ends the retries of EventSource.',
    answer: RunEvent,
    errors: ['run_not_found'],
  })
  async follow(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    const signal = AbortSignal.any([closed.signal, this.lifecycle.stopping]);
    const events = await this.events.follow(tenant, id, lastEventId, signal);
    if (events) await sendEvents(response, events, this.clock);
    else response.status(204).end();
  }

  @Post(':id/cancel')
  @Scopes('memory:write')
  @Operation({
    id: 'cancelRun',
    summary: 'Stop a run at its next page; what is committed stays',
    answer: CancelAnswer,
    errors: ['run_not_found', 'run_finished'],
  })
  cancel(
    @CurrentTenant() tenant: string,
    @Param('id', { schema: Id }) id: string,
  ): Promise<CancelAnswer> {
    return this.runs.cancel(tenant, id);
  }
}
