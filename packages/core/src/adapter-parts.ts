import type { AdapterBearward, AdapterDefinition } from './adapter-definition.ts'
import type { RequestLike } from './model/request-like.ts'

/** The parts of an adapter, for packages that build guards of another kind for the same framework. */
export interface AdapterParts<Args extends readonly [object, ...unknown[]], Result> {
  readonly definition: AdapterDefinition<Args, Result>
  /** Describes a request for the core. */
  readonly toRequestLike: (raw: Args[0]) => RequestLike
}

type Close = AdapterBearward<never, never>['close']

/** Maps the function `close` of a result of `createBearward` to the parts. Copies of the result have the same `close`. */
const known = new WeakMap<Close, AdapterParts<never, never>>()

/** Returns the parts of the adapter whose `createBearward` has created this object. Returns `undefined` for any other object. */
export function getAdapterParts(bearward: {
  readonly close: Close
}): AdapterParts<never, never> | undefined {
  return known.get(bearward.close)
}

export function setAdapterParts(close: Close, parts: AdapterParts<never, never>): void {
  known.set(close, parts)
}
