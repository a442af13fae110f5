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

/** A request of any app, whatever its server (such as HTTP/2) and its types are. */
export type AnyRequest = FastifyRequest<RouteGenericInterface, RawServerBase>
export type AnyReply = FastifyReply<RouteGenericInterface, RawServerBase>

/**
 * A hook for `onRequest`, or for another phase before the handler. If code of your own calls it in an async
 * hook, `await guard(request, reply)`: after a refusal the promise is never settled.
 */
export type FastifyGuard = (
  request: AnyRequest,
  reply: AnyReply,
  ...rest: readonly unknown[]
) => void | Promise<void>

/** The guards of one configuration. Made by `createBearward`. */
export interface Bearward extends AdapterBearward<FastifyRequest, FastifyGuard> {
  /**
   * Decorates requests with `auth`, and answers 500 if a handler is about to run while a guard of its request is
   * pending or has refused: it was not awaited. Guards work without the plugin, too.
   *
   * @example
   * await app.register(bearward.plugin, { close: true })
   */
  readonly plugin: FastifyPluginCallback<PluginOptions>
}
