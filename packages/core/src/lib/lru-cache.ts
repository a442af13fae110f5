import LRUCache from 'lru-cache'

export type { LRUCache }

/** No options, and none that `Object.prototype` has. */
const NO_OPTIONS: object = Object.freeze(Object.create(null) as object)

class OwnOptionsCache<Key, Value> extends LRUCache<Key, Value> {
  override get(key: Key): Value | undefined {
    return super.get(key, NO_OPTIONS)
  }

  override set(key: Key, value: Value): this {
    return super.set(key, value, NO_OPTIONS)
  }
}

/** Makes a bounded cache. A member of `Object.prototype` is not one of its options. */
export function createLruCache<Key, Value>(
  options: LRUCache.Options<Key, Value>,
): LRUCache<Key, Value> {
  const own: LRUCache.Options<Key, Value> = Object.assign(Object.create(null) as object, options)
  return new OwnOptionsCache(own)
}
