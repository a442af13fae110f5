import type { Requirements } from '@bearward/core'
import type { AdapterBearward } from '@bearward/core/adapter'
import type {
  FastifyPluginCallback,
  FastifyReply,
  FastifyRequest,
  RawServerBase,
  RouteGenericInterface,
} from 'fastify'
import type { PluginOptions } from './plugin.ts'

/** The requirements of a guard. `check` receives the Fastify request. */
export type FastifyRequirements = Requirements<FastifyRequest>

/** A request of any app, for all servers (such as HTTP/2) and all type parameters. */
export type AnyRequest = FastifyRequest<RouteGenericInterface, RawServerBase>
/** A reply of any app, for all servers (such as HTTP/2) and all type parameters. */
export type AnyReply = FastifyReply<RouteGenericInterface, RawServerBase>

/**
 * A hook for `onRequest`, or for another phase before the handler. If your own async hook calls it, write
 * `await guard(request, reply)`. After a refusal, the promise never settles, so your code does not continue.
 */
export type FastifyGuard = (
  request: AnyRequest,
  reply: AnyReply,
  ...rest: readonly unknown[]
) => void | Promise<void>

/** The guards of one configuration, as returned by `createBearward`. */
export interface Bearward extends AdapterBearward<FastifyRequest, FastifyGuard> {
  /**
   * Plugin that decorates requests with `auth`. Before each handler, it checks the guards of the request. If a guard was not
   * awaited and is pending, the request gets 500. If a guard has refused, the handler does not run. Guards of this
   * package also work without the plugin. The guard of `@bearward/mcp` requires the plugin.
   *
   * @example
   * await app.register(bearward.plugin, { close: true })
   */
  readonly plugin: FastifyPluginCallback<PluginOptions>
}
