// Runs requests through the pipelines of a configuration in this process, without network or stores. `pipe` prints
// the results and `test` compares them. `pipe-input.ts` reads the inputs.

import type { ObservaConfig } from '../../config/root.ts'
import { DEFAULT_TENANT, type TenantContext } from '../../core/tenant.ts'
import { ByteWriter } from '../../proto/byte-writer.ts'
import { writeEventJson } from '../../proto/event-json.ts'
import { type ChainRunOptions, chainRunSettings } from '../operations/chain-run-settings.ts'
import { secretsOfOneRun } from '../service/pseudonym-keys.ts'
import type { Chain } from '../worker/chain.ts'
import { ChainRun } from '../worker/chain-run.ts'

export type { Outcome } from '../worker/chain-run.ts'

/** The tenant that the data belongs to. Without a name it is the tenant that an instance without keys uses. */
export function tenantOf(name: string | undefined): TenantContext {
  return name === undefined ? DEFAULT_TENANT : { ...DEFAULT_TENANT, tenantId: name }
}

/**
 * Nothing is stored, so no key is stored either. Pseudonyms differ in each run unless the configuration names a key.
 */
export class PipeRun extends ChainRun {
  constructor(config: ObservaConfig, options: ChainRunOptions) {
    super(chainRunSettings(config, options, secretsOfOneRun()))
  }
}

/** The events of earlier requests that the last request revised, each as an object with its keys and counts. */
export function* revisedEvents(chain: Chain): Generator<Record<string, unknown>> {
  const { events, items } = chain.revised
  const out = new ByteWriter()
  for (const { after } of items) {
    out.reset()
    writeEventJson(out, events, after)
    // Our own writer made this JSON, and it is an object.
    yield JSON.parse(Buffer.from(out.bytes.subarray(0, out.pos)).toString()) as Record<
      string,
      unknown
    >
  }
}

/** The ordinals of the events that no processor dropped. */
export function* keptEvents(chain: Chain): Generator<number> {
  for (let e = 0; e < chain.events.count; e++)
    if (!chain.batch.isDropped(chain.events.spanOf[e] as number)) yield e
}
