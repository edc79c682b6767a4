// The Kafka drivers against a real broker, version 3.9.1.

import { testKafka } from './suite.ts'

testKafka('3.9.1', 'kafkajs')
