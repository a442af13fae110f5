import type { AccessToken, ResourceServerOptions } from '@bearward/core'
import { adapter, type Decide } from './adapter.ts'
import { toGuard } from './guard.ts'
import { toCorsHandler, toMetadataHandler, toProtected } from './handlers.ts'
import type { Bearward } from './types.ts'

/** Functions of an adapter whose arguments the core checks. */
type CreateDecide = (...given: readonly unknown[]) => Decide

/**
 * Creates the guards of one configuration. Call it once, outside of the handlers, because keys and verified tokens are kept in
 * it. The options are validated at once. Keys are fetched when the first token arrives, or by `ready()` or `status()`.
 *
 * @throws {ConfigurationError} if an option is wrong. The message names every problem.
 *
 * @example
 * const { protect } = createBearward({
 *   issuer: 'https://auth.example.com',
 *   audience: 'https://api.example.com',
 * })
 * const listReports = protect({ scope: 'read:reports' }, (request, { token }) =>
 *   Response.json({ reportsFor: token.clientId }),
 * )
 */
export function createBearward(options: ResourceServerOptions<Request>): Bearward {
  const { requireToken: create, metadata, cors, ...others } = adapter.createBearward(options)
  const createGuard = create as CreateDecide
  const own = {
    requireToken: (...given: readonly unknown[]) => toGuard(createGuard(...given)),
    protect: (requirements: unknown, handler: never) =>
      toProtected(createGuard(requirements), handler),
    metadata: (next: never) => toMetadataHandler(metadata(), next),
    cors: (given: never, next: never) => toCorsHandler(cors(given), next),
    auth,
  }
  return { ...others, ...(own as Pick<Bearward, keyof typeof own>) }
}

/**
 * Creates a guard like `createBearward(...).requireToken`, with options from the `BEARWARD_*` environment variables of Node, Deno
 * and Bun. The variables are read at each call. Guards that are created with the same variables share one configuration.
 *
 * @throws {ConfigurationError} if a variable or a requirement is wrong.
 *
 * @example
 * const guard = requireToken({ scope: 'read:reports' })
 */
export const requireToken: Bearward['requireToken'] = (...given: readonly unknown[]) =>
  toGuard((adapter.requireToken as CreateDecide)(...given))

/**
 * Returns the verified token of a request that a guard has granted. It never returns `undefined`.
 *
 * @throws {Error} if no guard has granted the request. This is a mistake in the application.
 * @throws {Error} if the guard is `optional` and the caller is anonymous. Read `token` of its result there.
 *
 * @example
 * const { subject, scopes } = auth(request)
 */
export const auth: (request: Request) => AccessToken = adapter.auth
