import LRUCache from 'lru-cache'

export type { LRUCache }

/** All options of `get`, so that a polluted `Object.prototype` adds none. */
const GET_OPTIONS = Object.freeze({
  allowStale: false,
  updateAgeOnGet: false,
  noDeleteOnStaleGet: false,
  status: undefined,
})

/** Empty options without a prototype, for the same reason. */
const NO_OPTIONS: object = Object.freeze(Object.create(null) as object)

class OwnOptionsCache<Key, Value> extends LRUCache<Key, Value> {
  override get(key: Key): Value | undefined {
    return super.get(key, GET_OPTIONS as object)
  }

  override set(key: Key, value: Value): this {
    return super.set(key, value, NO_OPTIONS)
  }
}

/** Creates a bounded cache. A polluted `Object.prototype` adds no options to it. */
export function createLruCache<Key, Value>(
  options: LRUCache.Options<Key, Value>,
): LRUCache<Key, Value> {
  const own: LRUCache.Options<Key, Value> = Object.assign(Object.create(null) as object, options)
  return new OwnOptionsCache(own)
}
