import { getUnmetGuard } from '@bearward/core/adapter'
import type { FastifyPluginCallback, preHandlerHookHandler } from 'fastify'
import { fastifyPlugin } from 'fastify-plugin'
import { isAnswered, setAnswered } from './answered.ts'
import type { AppLog } from './log.ts'

export interface PluginOptions {
  /** Closes the Bearward with the app. Leave it out where several apps share one. Default `false`. */
  readonly close?: boolean
}

/** Makes the plugin of a Bearward. It may be registered more than once. */
export function createPlugin(
  close: () => void,
  { use }: AppLog,
): FastifyPluginCallback<PluginOptions> {
  const plugin: FastifyPluginCallback<PluginOptions> = (app, options, done) => {
    use(app.log)
    if (!app.hasRequestDecorator('auth')) app.decorateRequest('auth', undefined)
    // For routes from before, and for the not-found handler.
    app.addHook('preHandler', holdUnmet)
    // Once more, behind the hooks of the route.
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
const holdUnmet: preHandlerHookHandler = (request, reply, done) => {
  const unmet = getUnmetGuard(request)
  if (unmet === undefined) return done()
  // The refusal is being sent.
  if (unmet === 'refused' && isAnswered(reply)) return
  setAnswered(reply)
  done(new Error(`A guard of this request ${PROBLEMS[unmet]}: await guard(request, reply).`))
}

const PROBLEMS = {
  pending: 'was called and not awaited, or has thrown',
  refused: 'has refused it, and another reply was used',
}
