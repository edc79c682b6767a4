// The Kafka drivers against a real broker, version 4.1.0.

import { testKafka } from './suite.ts'

testKafka('4.1.0', 'platformatic')
