import { z } from 'zod';
import type { Checkpoint } from '../sdk/contract.js';

const SweepPosition = z.strictObject({
  /** Id of the last file of the page. */
  after: z.string().nullable(),
  /** Folders that could not be read so far: without them a resumed sweep would look complete. */
  gaps: z.array(z.string()),
  /** Targets of the symbolic links followed so far. */
  links: z.array(z.string()),
});

/** How far a sweep has come; it is the lane's checkpoint. */
export type SweepPosition = z.infer<typeof SweepPosition>;

/** undefined: there is none, or it cannot be read and the sweep starts again, which loses nothing. */
export function readPosition(checkpoint: Checkpoint | null): SweepPosition | undefined {
  return SweepPosition.safeParse(checkpoint).data;
}
