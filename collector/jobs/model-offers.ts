// What the jobs of an instance offer to the API of models: which judges there are, and how a text is embedded.

import type { EmbedText, JudgeOffer } from '../../core/operations.ts'
import type { JobService } from './job-service.ts'
import { judgeOffer } from './judge-settings.ts'

/** The configured judges. Undefined without any. */
export function judgesOf(jobs: JobService | undefined): JudgeOffer | undefined {
  const settings = jobs?.judges ?? null
  return settings === null ? undefined : judgeOffer(settings)
}

/** Embeds a text with the configured model. Undefined without one. The function resolves with null if the model's budget is spent. */
export function embedTextOf(jobs: JobService | undefined): EmbedText | undefined {
  const embedder = jobs?.embedder ?? null
  if (embedder === null) return undefined
  return async (tenantId, text, signal) => {
    const [v] = (await embedder.embed(tenantId, [text], signal)) ?? []
    return v === undefined ? null : { embedder: embedder.name, v }
  }
}
