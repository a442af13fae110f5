import { andThen, type MaybePromise } from '../lib/maybe-promise.ts'
import { addNew } from '../lib/objects.ts'
import type { KeySet } from './key-set.ts'
import type { KeySource } from './key-source.ts'

/** Keys that are given in the configuration: they neither age nor fail. */
export function staticKeys(keySet: MaybePromise<KeySet>): KeySource {
  const distrusted = new Set<string>()
  let known = keySet
  if (known instanceof Promise) {
    known.then(
      (set) => (known = set),
      () => {}, // `ready()` and every request reject with the reason
    )
  }
  const listed: KeySource['listed'] = (algorithm, kid) =>
    andThen(known, (set) => {
      const keys = set.find(algorithm, kid)
      return distrusted.size === 0 ? keys : keys.filter((key) => !distrusted.has(key.thumbprint))
    })
  return {
    find: listed,
    listed,
    explain: (algorithm, kid) =>
      known instanceof Promise ? undefined : known.explain(algorithm, kid),
    findChanged: () => [],
    distrustKey: (thumbprint) => addNew(distrusted, thumbprint),
    ready: async () => void (await known),
    status: () => ({ state: 'static' }),
  }
}

/** The keys of an issuer that verifies its tokens itself: there are none, and none are looked for. */
export const unusedKeys: KeySource = {
  find: () => [],
  listed: () => [],
  explain: () => undefined,
  findChanged: () => [],
  ready: async () => {},
  status: () => ({ state: 'unused' }),
}
