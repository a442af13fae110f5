import { ConfigurationError } from '@bearward/core'
import type { AdapterBearward } from '@bearward/core/adapter'
import type { Decide } from './adapter.ts'
import { toGuard } from './guard.ts'
import { toCorsHandler, toMetadataHandler, toProtected } from './handlers.ts'
import type { Bearward } from './bearward-type.ts'
import { callWithContext } from './wait-until.ts'

/** A function of an adapter. The core checks the arguments of the function. */
export type CreateDecide = (...given: readonly unknown[]) => Decide

/** Wraps the functions of the core, so that they take the arguments and return the results that this package documents. */
export function toBearward(
  {
    requireToken: create,
    metadata,
    cors,
    authorize,
    verify,
    ...others
  }: AdapterBearward<Request, Decide>,
  auth: Bearward['auth'],
): Bearward {
  const createGuard = create as CreateDecide
  const own = {
    requireToken: (...given: readonly unknown[]) => toGuard(createGuard(...given)),
    protect(requirements: unknown, handler: never) {
      if (typeof requirements !== 'function') return toProtected(createGuard(requirements), handler)
      throw new ConfigurationError('protect was called without requirements', [
        'Write protect({}, handler) to accept any valid token.',
      ])
    },
    authorize: (...given: readonly unknown[]) => callWithContext(authorize, [2], given),
    verify: (...given: readonly unknown[]) => callWithContext(verify, [1, 2], given),
    metadata: (next: never) => toMetadataHandler(metadata(), next),
    cors: (given: never, next: never) => toCorsHandler(cors(given), next),
    auth,
  }
  return { ...others, ...(own as unknown as Pick<Bearward, keyof typeof own>) }
}
