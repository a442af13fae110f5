import type { Requirements } from './authorization/requirements.ts'
import { createServer } from './create-server.ts'
import type { MaybePromise } from './lib/maybe-promise.ts'
import { memoize } from './lib/memoize.ts'
import { mustBeAwaited } from './lib/must-be-awaited.ts'
import { type Granted, type Outcome, OUTCOME_MEMBERS } from './model/outcome.ts'
import type { ResourceServerOptions } from './options/options.ts'
import { readOptions } from './options/read-options.ts'
import type { Guard, ResourceServer } from './resource-server.ts'
import type { Refused } from './response/refusal.ts'

/**
 * Creates a resource server (RFC 6749 section 1.1). It verifies the access token of a request and decides whether the
 * request is granted.
 *
 * Does NOT check whether a JWT has been revoked, unless a guard requires `introspect` or the option `revoked` is set. Reads the
 * token only from the `Authorization` header, unless `credentials` is set. Refuses tokens that are bound to a key or a
 * certificate (`cnf`), unless the option `dpop` or `mtls` is set.
 *
 * Makes no outgoing call before the first token, `ready()` or `status()`.
 *
 * @throws {ConfigurationError} if options are wrong: lists every problem with its fix
 * @example
 * const server = createResourceServer({
 *   issuer: 'https://auth.example.com',
 *   audience: 'https://api.example.com',
 * })
 * const guard = server.guard({ scope: 'read:reports' })
 * const outcome = await guard({ method: 'GET', url: '/', headers: { authorization: 'Bearer ...' } })
 */
export function createResourceServer(options: ResourceServerOptions): ResourceServer {
  return failUnlessAwaited(createServer(readOptions(options)))
}

/**
 * Returns a copy of the resource server. Its outcomes throw if code uses them without `await`, because such code would treat every
 * request as granted. Adapters await every outcome, so they use the original resource server, which is faster.
 */
export const failUnlessAwaited: (server: ResourceServer) => ResourceServer =
  /* @__PURE__ */ memoize((server: ResourceServer): ResourceServer => {
    const guard = (...requirements: [Requirements?]): Guard => {
      const decide = server.guard(...requirements)
      return (request) => check(decide(request))
    }
    return {
      ...server,
      guard,
      authorize: (...given: Parameters<ResourceServer['authorize']>) =>
        check(server.authorize(...given)) as MaybePromise<Granted | Refused>,
      verify: (...args) => check(server.verify(...args)),
    }
  })

function check<T extends Outcome>(outcome: MaybePromise<T>): MaybePromise<T> {
  return outcome instanceof Promise ? mustBeAwaited(outcome, OUTCOME_MEMBERS) : outcome
}
