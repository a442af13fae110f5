import { andThen, type MaybePromise } from '../maybe-promise.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/** Keys that are given in the configuration: they neither age nor fail. */
export function staticKeys(keySet: MaybePromise<KeySet>): KeySource {
  let known = keySet
  if (known instanceof Promise) {
    void known.then(
      (set) => (known = set),
      () => {}, // `ready()` and every request reject with the reason
    )
  }
  return {
    verifiers: (algorithm, kid) => andThen(known, (set) => set.verifiers(algorithm, kid)),
    ready: async () => void (await known),
    status: () => ({ state: 'static' }),
  }
}
