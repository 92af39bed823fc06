import { Controller, Get } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../auth/access.js';
import { AppError } from '../common/errors/app-error.js';
import { Lifecycle } from '../common/http/lifecycle.js';
import { Operation } from '../common/http/operation.js';
import { productVersion } from '../common/http/product-version.js';
import { Database } from '../database/database.js';
import { Alive, Health, Ready } from './health.schema.js';

@ApiTags('health')
@Public()
@Controller()
export class HealthController {
  constructor(
    private readonly database: Database,
    private readonly lifecycle: Lifecycle,
  ) {}

  @Get('v1/memory/health')
  @Operation({ id: 'getHealth', summary: 'Tell version and mode of the server', answer: Health })
  health(): Health {
    return { status: 'ok', version: productVersion(), mode: this.database.mode };
  }

  @Get('healthz')
  @Operation({ id: 'getLiveness', summary: 'Tell that the process runs', answer: Alive })
  liveness(): Alive {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Operation({
    id: 'getReadiness',
    summary: 'Tell whether requests can be served now',
    answer: Ready,
    errors: ['database_unavailable', 'shutting_down'],
  })
  async readiness(): Promise<Ready> {
    if (this.lifecycle.stopping.aborted) {
      throw new AppError('shutting_down', 'The server is stopping.');
    }
    await this.database.ping();
    if (this.database.mode === 'embedded') return { status: 'ok' };
    return { status: 'ok', row_level_security: this.database.rowLevelSecurity.state };
  }
}
