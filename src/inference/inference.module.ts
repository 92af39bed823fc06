import { Module } from '@nestjs/common';
import { CLOCK, type Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config/config.js';
import { Metrics } from '../metrics/metrics.js';
import { EMBEDDER } from './embedder.js';
import { Embedders } from './embedders.js';
import { createEmbedder } from './embedding-model.js';
import { MeasuredEmbedder } from './measured-embedder.js';

/** Provides the embedders that the configuration names; `EMBEDDER` is that of new collections. */
@Module({
  providers: [
    {
      provide: Embedders,
      inject: [CONFIG, CLOCK, Metrics],
      useFactory: ({ embedding }: Config, clock: Clock, metrics: Metrics) => {
        const settings = [embedding.model, ...embedding.more];
        const [standard, ...more] = settings.map(
          (model) =>
            new MeasuredEmbedder(createEmbedder({ ...embedding, model }, { clock }), metrics),
        );
        return new Embedders(standard!, more, settings);
      },
    },
    {
      provide: EMBEDDER,
      inject: [Embedders],
      useFactory: (embedders: Embedders) => embedders.standard,
    },
  ],
  exports: [EMBEDDER, Embedders],
})
export class InferenceModule {}
