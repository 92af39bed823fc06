import { Module } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config/config.js';
import { EMBEDDER } from './embedder.js';
import { createEmbedder } from './embedding-model.js';

/** Provides the embedder that the configuration names. */
@Module({
  providers: [
    {
      provide: EMBEDDER,
      inject: [CONFIG, CLOCK],
      useFactory: (config: Config, clock: Clock) => createEmbedder(config.embedding, { clock }),
    },
  ],
  exports: [EMBEDDER],
})
export class InferenceModule {}
