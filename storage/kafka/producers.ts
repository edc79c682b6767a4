// The producer of each driver, by the name of the driver in the configuration.

import type { DriverName, ProducerFactory } from './driver.ts'
import { createKafkajsProducer } from './kafkajs-producer.ts'
import { createPlatformaticProducer } from './platformatic-producer.ts'

export const PRODUCERS: Readonly<Record<DriverName, ProducerFactory>> = {
  kafkajs: createKafkajsProducer,
  platformatic: createPlatformaticProducer,
}
