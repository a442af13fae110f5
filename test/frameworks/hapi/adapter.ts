import type { AccessToken, Refused } from '@bearward/core'
import { defineAdapter, getUnmetGuard } from '@bearward/core/adapter'
import type { Plugin, Request, ResponseToolkit } from '@hapi/hapi'

/** A lifecycle method, for an extension point or a `pre`. After a refusal its promise is rejected. */
export type HapiGuard = ReturnType<typeof requireToken>

/** What a guard leaves in `request.plugins`: the token, or `undefined` for an anonymous caller. */
export type BearwardState = { bearward?: AccessToken | undefined }

type Args = [request: Request, h: ResponseToolkit]

/** Refusals by themselves, and the last one of a request by the request. */
const refusals = new WeakMap<object, Error>()

export const { createBearward, requireToken, auth } = defineAdapter<Args, Promise<symbol>>({
  // Of Node's request: hapi writes the method in lower case, and an extension may change method and URL.
  toRequest({ raw: { req } }) {
    const { method = '', url = '', rawHeaders, headers } = req
    return { method, url, rawHeaders, headers }
  },
  grant(outcome, { raw: { res }, plugins }) {
    // Not after the response: a guard that was not awaited may decide then.
    const fields = res.headersSent ? [] : Object.entries(outcome.headers)
    for (const [name, value] of fields) res.setHeader(name, value)
    const bearward = outcome.kind === 'granted' ? outcome.token : undefined
    Object.assign(plugins, { bearward } satisfies BearwardState)
  },
  proceed: (_request, h) => Promise.resolve(h.continue),
  refuse(outcome, request) {
    const refusal = toError(outcome)
    refusals.set(refusal, refusal).set(request, refusal)
    return Promise.reject(refusal)
  },
  async fail(error) {
    throw error
  },
  environment: process.env,
})

/** Makes the error that hapi answers with. A returned response would let code go on that awaits the guard. */
function toError({ reason, status: statusCode, headers, body: payload }: Refused): Error {
  return Object.assign(new Error(reason), {
    isBoom: true,
    isServer: statusCode >= 500,
    output: { statusCode, headers, payload },
    // hapi goes on after the error of a `pre` whose `failAction` says so, but not where this is set.
    _takeover: true,
  })
}

/** Stops a request if one of its guards has refused, or has not decided. */
function hold(request: Request, h: ResponseToolkit): symbol {
  if (getUnmetGuard(request) === undefined) return h.continue
  throw refusals.get(request) ?? new Error('A guard was called and not awaited.')
}

/** Writes a refusal to the letter, and withholds the response of a handler that could not be held. */
function conclude(request: Request, h: ResponseToolkit) {
  const { response } = request
  if (!('isBoom' in response)) return hold(request, h)
  if (!refusals.has(response)) return h.continue
  const { statusCode, headers, payload } = response.output
  const answer = h.response(payload).code(statusCode)
  for (const [name, value] of Object.entries(headers)) answer.header(name, value as string)
  // Or else hapi adds a charset to `application/json`.
  answer.charset('')
  return answer
}

/**
 * Holds a request whose guard was called and not awaited. A `pre` that does not await its guard is too late for that:
 * the handler runs, and its response is withheld. Guards work without the plugin, but hapi then adds a charset to
 * the type of a refusal.
 */
export const plugin: Plugin<void> = {
  name: 'bearward',
  once: true,
  register(server) {
    server.ext('onPreHandler', hold)
    // Once more, behind the extensions of routes and plugins that come later.
    server.ext('onPreStart', () => server.ext('onPreHandler', hold))
    server.ext('onPreResponse', conclude)
  },
}
