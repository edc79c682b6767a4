// All detectors, in the order in which they are documented. One file holds one group.

import { ASSIGNMENTS } from './assignments.ts'
import { BUSINESS_SERVICES } from './business-services.ts'
import { CLOUDS } from './clouds.ts'
import { CODE_HOSTING } from './code-hosting.ts'
import type { Detector } from './detector.ts'
import { HEADERS } from './headers.ts'
import { KEY_MATERIAL } from './key-material.ts'
import { LABELLED_CODES } from './labelled-codes.ts'
import { MODEL_PROVIDERS } from './model-providers.ts'
import { MORE_SERVICES } from './more-services.ts'
import { NATIONAL_IDS } from './national-ids.ts'
import { PERSONAL_DATA } from './personal-data.ts'

export const DETECTORS: readonly Detector[] = [
  ...MODEL_PROVIDERS,
  ...CLOUDS,
  ...CODE_HOSTING,
  ...BUSINESS_SERVICES,
  ...MORE_SERVICES,
  ...HEADERS,
  ...KEY_MATERIAL,
  ...PERSONAL_DATA,
  ...NATIONAL_IDS,
  ...ASSIGNMENTS,
  ...LABELLED_CODES,
]

/** Detector ids in order of first appearance. */
export const DETECTOR_IDS: readonly string[] = [...new Set(DETECTORS.map((d) => d.id))]
