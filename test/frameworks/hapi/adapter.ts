import type { AccessToken, HttpResponse } from '@bearward/core'
import {
  type AdapterDefinition,
  defineAdapter,
  defineRequireToken,
  getUnmetGuard,
} from '@bearward/core/adapter'
import type { Plugin, Request, ResponseToolkit } from '@hapi/hapi'

/** A lifecycle method, for an extension point or a `pre`. After a refusal its promise is rejected. */
export type HapiGuard = ReturnType<typeof requireToken>

/** Value that a guard stores in `request.plugins`: the token, or `undefined` for an anonymous caller. */
export type BearwardState = { bearward?: AccessToken | undefined }

type Args = [request: Request, h: ResponseToolkit]

/** Errors of refusals. The key is the error itself. For the last error of a request, the request is a key as well. */
const refusals = new WeakMap<object, Error>()

const definition: AdapterDefinition<Args, Promise<symbol>> = {
  // Reads Node's request, because hapi changes the method to lower case, and extensions can change method and URL.
  toRequest({ raw: { req } }) {
    const { method = '', url = '', rawHeaders, headers } = req
    return { method, url, rawHeaders, headers }
  },
  getSocket: ({ raw }) => raw.req.socket,
  grant(outcome, { plugins }) {
    const bearward = outcome.kind === 'granted' ? outcome.token : undefined
    Object.assign(plugins, { bearward } satisfies BearwardState)
  },
  setHeaders(headers, { raw: { res } }) {
    // If a guard was not awaited, the response may have been sent before the outcome of the guard is known.
    const fields = res.headersSent ? [] : Object.entries(headers)
    for (const [name, value] of fields) {
      if (name === 'Vary') res.setHeader(name, [res.getHeader(name) ?? [], value].flat().join(', '))
      else res.setHeader(name, value)
    }
  },
  proceed: (_request, h) => Promise.resolve(h.continue),
  respond(response, request) {
    const refusal = toError(response)
    refusals.set(refusal, refusal).set(request, refusal)
    return Promise.reject(refusal)
  },
  async fail(error) {
    throw error
  },
  environment: process.env,
}

export const { createBearward, auth } = defineAdapter(definition)

export const requireToken = defineRequireToken(definition)

/** Creates the error that hapi sends. If a guard returned a response instead, code that awaits the guard would continue. */
function toError({ status: statusCode, headers, body: payload }: HttpResponse): Error {
  return Object.assign(new Error(`A guard has responded with ${statusCode}.`), {
    isBoom: true,
    isServer: statusCode >= 500,
    output: { statusCode, headers, payload },
    // Without this member, hapi continues after the error of a `pre` whose `failAction` allows it.
    _takeover: true,
  })
}

/** Stops a request if one of its guards has refused it or is pending. */
function hold(request: Request, h: ResponseToolkit): symbol {
  if (getUnmetGuard(request) === undefined) return h.continue
  throw (
    refusals.get(request) ?? new Error('A guard is pending, because it was not awaited. Await it.')
  )
}

/** Writes a refusal byte for byte. Replaces the response of a handler if a guard has refused the request or is pending. */
function conclude(request: Request, h: ResponseToolkit) {
  const { response, raw } = request
  const vary = raw.res.getHeader('Vary')
  if (!('isBoom' in response)) {
    // Otherwise the `Vary` of the handler would replace the existing `Vary`, and hapi's default would replace `Cache-Control`.
    if (vary !== undefined) response.vary(String(vary))
    const cacheControl = raw.res.getHeader('Cache-Control')
    if (cacheControl !== undefined) response.header('Cache-Control', String(cacheControl))
    return hold(request, h)
  }
  if (!refusals.has(response)) return h.continue
  const { statusCode, headers, payload } = response.output
  const answer = h.response(payload).code(statusCode)
  for (const [name, value] of Object.entries(headers)) answer.header(name, value as string)
  if (vary !== undefined) answer.vary(String(vary))
  // Otherwise hapi adds a charset to `application/json`.
  answer.charset('')
  return answer
}

/**
 * Plugin that stops a request whose guard was not awaited. After a `pre` that does not await its guard, the handler cannot be
 * stopped: it runs, and its response is replaced. Guards also work without the plugin, but hapi then adds a charset to the
 * media type of a refusal.
 */
export const plugin: Plugin<void> = {
  name: 'bearward',
  once: true,
  register(server) {
    server.ext('onPreHandler', hold)
    // Adds `hold` again when the server starts, so that it also runs after extensions of routes and plugins that are added later.
    server.ext('onPreStart', () => server.ext('onPreHandler', hold))
    server.ext('onPreResponse', conclude)
  },
}
