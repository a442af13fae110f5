import { getUnmetGuard } from '@bearward/core/adapter'
import type { FastifyPluginCallback, preHandlerHookHandler } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'
import type { AppLog } from './log.ts'
import { isSent, markAsSent } from './sent-replies.ts'

/** Options of the plugin, for `app.register(bearward.plugin, options)`. */
export interface PluginOptions {
  /**
   * `true` calls `close()` when the app closes. Leave the option out if several apps share one `Bearward`.
   *
   * @default false
   */
  readonly close?: boolean
}

/**
 * Marks an app in which the plugin is registered, and all apps inside this app. `hasPlugin` of Fastify is not used, because it
 * checks only the name of a plugin, and another plugin can have the same name.
 */
const MARK = Symbol('bearward plugin')

/** Returns whether the plugin is registered in an app, or in an app that contains this app. */
export function hasPlugin(app: object): boolean {
  return MARK in app
}

/** Creates the plugin of a `Bearward`. It may be registered more than once. */
export function createPlugin(
  close: () => void,
  { use }: AppLog,
): FastifyPluginCallback<PluginOptions> {
  const plugin: FastifyPluginCallback<PluginOptions> = (app, options, done) => {
    use(app.log)
    if (!app.hasRequestDecorator('auth')) app.decorateRequest('auth', undefined)
    if (!app.hasDecorator(MARK)) app.decorate(MARK, true)
    // This hook covers routes that were added before the plugin, and the not-found handler.
    app.addHook('preHandler', stopUnmet)
    // The same hook also runs after the hooks of each route.
    app.addHook('onRoute', (route) => {
      const others = [route.preHandler ?? []].flat() as preHandlerHookHandler[]
      if (!others.includes(stopUnmet)) route.preHandler = [...others, stopUnmet]
    })
    if (options.close === true) app.addHook('onClose', async () => close())
    done()
  }
  return fastifyPlugin(plugin, { fastify: '5.x', name: '@bearward/fastify' })
}

/** Stops a request if one of its guards is pending or has refused it. Runs as the last hook before a handler. */
const stopUnmet: preHandlerHookHandler = (request, reply, done) => {
  const unmet = getUnmetGuard(request)
  if (unmet === undefined) return done()
  // The refusal is already being sent.
  if (unmet === 'refused' && isSent(reply)) return
  markAsSent(reply)
  done(new Error(PROBLEMS[unmet]))
}

const PROBLEMS = {
  pending:
    'A guard of this request was not awaited, or has thrown. Write: await guard(request, reply).',
  refused:
    'A guard refused this request and wrote to another reply object. Pass the reply of the hook: await guard(request, reply).',
}
