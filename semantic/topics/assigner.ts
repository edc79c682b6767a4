// Assigns vectors to the topics of a model.

import type { TopicModel } from '../../storage/semantic/topics.ts'
import { centred, dot } from './unit-vectors.ts'

export interface Assigned {
  /** The id of the topic; empty when no topic is near enough. */
  readonly topicId: string
  /** The cosine of the vector and the nearest centroid. */
  readonly similarity: number
  /** The indices of the two nearest topics. Only these are searched for near duplicates. */
  readonly nearest: readonly [number, number]
}

/** Compares vectors with the centroids of a model. */
export class Assigner {
  readonly #model: TopicModel
  readonly #centroids: readonly Float32Array[]

  constructor(model: TopicModel) {
    this.#model = model
    this.#centroids = model.means.map((mean) => centred(mean, model.center))
  }

  get topics(): number {
    return this.#centroids.length
  }

  assign(v: Float32Array): Assigned {
    const { topicIds, thresholds, center } = this.#model
    const point = centred(v, center)
    let best = 0
    let second = 0
    let similarity = -2
    let next = -2
    for (const [i, centroid] of this.#centroids.entries()) {
      const cosine = dot(point, centroid)
      if (cosine > similarity) {
        second = best
        next = similarity
        best = i
        similarity = cosine
      } else if (cosine > next) {
        second = i
        next = cosine
      }
    }
    const isNear = similarity >= (thresholds[best] ?? Number.POSITIVE_INFINITY)
    return { topicId: isNear ? (topicIds[best] ?? '') : '', similarity, nearest: [best, second] }
  }
}
