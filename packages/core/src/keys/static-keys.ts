import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { DistrustedKeys } from './distrusted-keys.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/** Keys that are given in the configuration: they neither age nor fail. */
export function staticKeys(keySet: MaybePromise<KeySet>): KeySource {
  const distrusted = new DistrustedKeys()
  let known = keySet
  if (known instanceof Promise) {
    known.then(
      (set) => (known = set),
      () => {}, // `ready()` and every request reject with the reason
    )
  }
  const listed: KeySource['listed'] = (algorithm, kid) =>
    andThen(known, (set) => distrusted.without(set.find(algorithm, kid)))
  return {
    search({ algorithm, kid }) {
      let isOver = false
      return {
        next() {
          if (isOver) return []
          isOver = true
          return listed(algorithm, kid)
        },
        distrusted: () =>
          known instanceof Promise ? [] : distrusted.among(known.find(algorithm, kid)),
      }
    },
    listed,
    explain: (algorithm, kid) =>
      known instanceof Promise ? undefined : known.explain(algorithm, kid),
    distrustKey: (thumbprint) => distrusted.add(thumbprint),
    ready: async () => void (await known),
    status: () => ({ state: 'static' }),
  }
}

/** The keys of an issuer that verifies its tokens itself: there are none, and none are looked for. */
export const unusedKeys: KeySource = {
  search: () => ({ next: () => [], distrusted: () => [] }),
  listed: () => [],
  explain: () => undefined,
  ready: async () => {},
  status: () => ({ state: 'unused' }),
}
