// The consumer of each driver, by the name of the driver in the configuration.

import type { OpenSession } from './consumer.ts'
import type { DriverName } from './driver.ts'
import { openKafkajsSession } from './kafkajs-consumer.ts'
import { openPlatformaticSession } from './platformatic-consumer.ts'

export const CONSUMERS: Readonly<Record<DriverName, OpenSession>> = {
  kafkajs: openKafkajsSession,
  platformatic: openPlatformaticSession,
}
