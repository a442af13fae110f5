import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { DistrustedKeys } from './distrusted-keys.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/** Creates a key source for configured keys. They never expire and are never fetched. */
export function staticKeys(keySet: MaybePromise<KeySet>): KeySource {
  const distrusted = new DistrustedKeys()
  let known = keySet
  if (known instanceof Promise) {
    known.then(
      (set) => (known = set),
      () => {}, // `ready()` and every request reject with the error
    )
  }
  const listed: KeySource['listed'] = (algorithm, kid) =>
    andThen(known, (set) => distrusted.without(set.find(algorithm, kid)))
  return {
    cached: (algorithm, kid) =>
      distrusted.isEmpty && !(known instanceof Promise) ? known.find(algorithm, kid) : undefined,
    search(query) {
      const { algorithm, kid, tried } = query
      let isFinished = tried !== undefined
      const find = () => (known instanceof Promise ? [] : known.find(algorithm, kid))
      return {
        next() {
          if (isFinished) return []
          isFinished = true
          return andThen(listed(algorithm, kid), (keys) => query.choose(keys))
        },
        distrusted: () => distrusted.among(find()),
        hasListed: () => find().length > 0,
      }
    },
    listed,
    explain: (algorithm, kid) =>
      known instanceof Promise ? undefined : known.explain(algorithm, kid),
    hasDistrusted: () => !distrusted.isEmpty,
    distrustKey: (thumbprint) => distrusted.add(thumbprint),
    ready: async () => void (await known),
    status: () => ({ state: 'static' }),
  }
}

/** The key source of an issuer whose tokens are opaque: it has no keys and fetches none. */
export const unusedKeys: KeySource = {
  cached: () => undefined,
  search: () => ({ next: () => [], distrusted: () => [], hasListed: () => false }),
  listed: () => [],
  explain: () => undefined,
  hasDistrusted: () => false,
  ready: async () => {},
  status: () => ({ state: 'unused' }),
}
