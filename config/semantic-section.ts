// The section `semantic` of the configuration: what is found in texts after storage. Without it the checks of quality run, and nothing is
// sent to any model.

import { z } from 'zod'

export const semanticSection = z.strictObject({
  quality: z
    .strictObject({
      enabled: z
        .boolean()
        .default(true)
        .describe('Runs the checks of quality over everything that is stored, without a model.'),
    })
    .prefault({})
    .describe('Scores of quality without a model.'),
})

export type SemanticConfig = z.output<typeof semanticSection>
