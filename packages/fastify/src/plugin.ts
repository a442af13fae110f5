import { getUnmetGuard } from '@bearward/core/adapter'
import type { FastifyPluginCallback, preHandlerHookHandler } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'

export interface PluginOptions {
  /** Closes the Bearward with the app. Leave it out where several apps share one. Default `false`. */
  readonly close?: boolean
}

/** Makes the plugin of a Bearward. It may be registered more than once. */
export function createPlugin(close: () => void): FastifyPluginCallback<PluginOptions> {
  const plugin: FastifyPluginCallback<PluginOptions> = (app, options, done) => {
    if (!app.hasRequestDecorator('auth')) app.decorateRequest('auth', undefined)
    app.addHook('onRoute', (route) => {
      const others = [route.preHandler ?? []].flat() as preHandlerHookHandler[]
      if (!others.includes(holdUnmet)) route.preHandler = [...others, holdUnmet]
    })
    if (options.close === true) app.addHook('onClose', async () => close())
    done()
  }
  return fastifyPlugin(plugin, { fastify: '5.x', name: '@bearward/fastify' })
}

/** The last hook before a handler. It does not let a request on that a guard has not granted. */
const holdUnmet: preHandlerHookHandler = (request, _reply, done) => {
  switch (getUnmetGuard(request)) {
    case undefined:
      return done()
    case 'pending':
      return done(new Error('A guard was called and not awaited: await guard(request, reply).'))
    case 'refused':
    // The refusal is being sent.
  }
}
