// Writes generated traffic to files for the load client: one file for each request body, and a manifest of where the ids are,
// so that the client can give every copy its own ids.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BodyForm, generateRequests, type TrafficOptions } from '../traffic/generate.ts'
import { type LiveStamps, restamp } from '../traffic/stamp.ts'

export interface BodiesManifest {
  readonly contentType: string
  readonly bodies: readonly {
    readonly file: string
    readonly spans: number
    /** Offsets of ids in binary form, four bytes of each. */
    readonly raw: readonly number[]
    /** Offsets of ids in hex form, eight digits of each. */
    readonly hex: readonly number[]
    /** What every copy of live traffic replaces (`LiveStamps`). */
    readonly live?: {
      readonly owners: number
      readonly slots: number
      readonly at: readonly number[]
      readonly slot: readonly number[]
      readonly times: readonly number[]
      readonly latestMs: number
    }
  }[]
}

const CONTENT_TYPES: Readonly<Record<BodyForm, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
}

/** Writes the files and returns their directory, `root/<form>-<spans>`, or `root/<form>-<spans>x<scale>` for other text lengths. */
export function writeBodies(root: string, form: BodyForm, options: TrafficOptions): string {
  const scale = options.textScale === undefined ? '' : `x${options.textScale}`
  const directory = join(root, `${form}-${options.spansPerRequest}${scale}`)
  mkdirSync(directory, { recursive: true })
  const bodies = generateRequests(options).map((request) => {
    const file = `${String(request.index).padStart(4, '0')}.body`
    const { body, offsets } = request.template(form)
    // Ids differ from file to file, for programs that send the files unchanged.
    restamp(body, offsets, request.index)
    const live = form === 'protobuf' ? request.live(body) : null
    writeFileSync(join(directory, file), body)
    return {
      file,
      spans: request.spans,
      raw: Array.from(offsets.raw),
      hex: Array.from(offsets.hex),
      ...(live === null ? {} : { live: listsOf(live) }),
    }
  })
  const manifest: BodiesManifest = { contentType: CONTENT_TYPES[form], bodies }
  writeFileSync(join(directory, 'bodies.json'), JSON.stringify(manifest))
  return directory
}

function listsOf(stamps: LiveStamps): NonNullable<BodiesManifest['bodies'][number]['live']> {
  const { at, slot, times } = stamps
  return { ...stamps, at: Array.from(at), slot: Array.from(slot), times: Array.from(times) }
}
