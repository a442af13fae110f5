import LRUCache from 'lru-cache'

export type { LRUCache }

/** Makes a bounded cache. A member of `Object.prototype` is not one of its options. */
export function createLruCache<Key, Value>(
  options: LRUCache.Options<Key, Value>,
): LRUCache<Key, Value> {
  const own: LRUCache.Options<Key, Value> = Object.assign(Object.create(null) as object, options)
  return new LRUCache(own)
}
