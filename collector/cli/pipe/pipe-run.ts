// Runs requests through the pipelines of a configuration in this process, without network or stores. `pipe` prints
// the results and `test` compares them. `pipe-input.ts` reads the inputs.

import type { ObservaConfig } from '../../../config/root.ts'
import { DEFAULT_TENANT, type TenantContext } from '../../../core/tenant.ts'
import { type ChainRunOptions, chainRunSettings } from '../../operations/chain-run-settings.ts'
import { secretsOfOneRun } from '../../service/pseudonym-keys.ts'
import { ChainRun } from '../../worker/chain-run.ts'

export type { ChainOutcome } from '../../worker/chain-run.ts'

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
