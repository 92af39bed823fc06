import { Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { EXTRACTOR, type Extractor } from './extractor.js';
import { PooledExtractor } from './pooled-extractor.js';

/** Provides EXTRACTOR. Its child processes end with the application. */
@Module({
  providers: [{ provide: EXTRACTOR, useFactory: () => new PooledExtractor() }],
  exports: [EXTRACTOR],
})
export class ExtractModule implements OnApplicationShutdown {
  constructor(@Inject(EXTRACTOR) private readonly extractor: Extractor) {}

  async onApplicationShutdown(): Promise<void> {
    await this.extractor.close();
  }
}
