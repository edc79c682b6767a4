// Stalled uploads that together want more memory than there is, beside well-behaved clients. Those are refused with a time to
// retry; once the memory is free again, all of their requests are accepted.

import type { Socket } from 'node:net'
import { stalledUpload } from '../../faults/stalled-upload.ts'
import { until } from '../../instance.ts'
import { type Drill, nothingMissing, type Report, type Round } from '../drill.ts'
import { underLoad } from '../under-load.ts'

const MIB = 1024 * 1024
const UPLOADS = 12
const SMALL_BYTES = 4096
const SMALL_AT_ONCE = 20
const config = 'limits: { max_pending_bytes: 4MiB, max_body_bytes: 2MiB }'

function stalledUploads(round: Round): Promise<Report> {
  return underLoad(round, {
    options: { config },
    cycle: async (loaded) => {
      const { instance } = loaded
      const refusedBefore = loaded.answers('503')
      const sockets: Socket[] = []
      try {
        for (let i = 0; i < UPLOADS; i++) sockets.push(stalledUpload(instance.ports.otlp, MIB))
        // Small uploads take the memory that is left, until there is none for a request.
        await until(() => {
          for (let i = 0; i < SMALL_AT_ONCE; i++)
            sockets.push(stalledUpload(instance.ports.otlp, SMALL_BYTES))
          return loaded.answers('503') > refusedBefore
        }, 'refused for want of room')
      } finally {
        for (const socket of sockets) socket.destroy()
      }
      const takenBefore = loaded.answers('200')
      await until(() => loaded.answers('200') > takenBefore, 'taken again')
    },
  })
}

export const stalledUploadsDrill: Drill = {
  name: 'stalled-uploads',
  about: 'uploads that never end take all the room there is, and give it back',
  cycle: `${UPLOADS} uploads of 1 MiB that stall where 4 MiB may wait`,
  cycles: 6,
  roundCycles: 50,
  missing: nothingMissing,
  run: stalledUploads,
}
