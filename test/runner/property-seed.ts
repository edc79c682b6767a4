// Loaded before a test file with property tests: these get a fixed seed, so that the same commit always gets the same answer.
// `OBSERVA_TEST_SEED=random npm test` draws a new one for each property, and a number is the seed.

import fc from 'fast-check'

const wanted = process.env['OBSERVA_TEST_SEED'] ?? '1'
if (wanted !== 'random') fc.configureGlobal({ seed: Number(wanted) })
