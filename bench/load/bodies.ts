// Writes generated traffic as files for the load client: one body a file and a manifest that says where the
// ids are, so that the client can give every copy ids of its own.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BodyForm, generateRequests, type TrafficOptions } from '../traffic/generate.ts'
import { restamp } from '../traffic/stamp.ts'

export interface BodiesManifest {
  readonly contentType: string
  readonly bodies: readonly {
    readonly file: string
    readonly spans: number
    /** Offsets of four raw bytes of an id. */
    readonly raw: readonly number[]
    /** Offsets of eight hex digits of an id. */
    readonly hex: readonly number[]
  }[]
}

const CONTENT_TYPES: Readonly<Record<BodyForm, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
}

/** Returns the directory written, `root/<form>-<spans>`. */
export function writeBodies(root: string, form: BodyForm, options: TrafficOptions): string {
  const directory = join(root, `${form}-${options.spansPerRequest}`)
  mkdirSync(directory, { recursive: true })
  const bodies = generateRequests(options).map((request) => {
    const file = `${String(request.index).padStart(4, '0')}.body`
    const { body, offsets } = request.template(form)
    // Ids distinct from file to file, for readers that take the files as they are.
    restamp(body, offsets, request.index)
    writeFileSync(join(directory, file), body)
    return {
      file,
      spans: request.spans,
      raw: Array.from(offsets.raw),
      hex: Array.from(offsets.hex),
    }
  })
  const manifest: BodiesManifest = { contentType: CONTENT_TYPES[form], bodies }
  writeFileSync(join(directory, 'bodies.json'), JSON.stringify(manifest))
  return directory
}
