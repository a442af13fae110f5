/**
 * A Worker with a protected API. `createBearward` is called at module scope, where workerd allows no outgoing request, timer or
 * random value. The options come from the binding `SETUP`. It is imported, because code at module scope cannot read it in another
 * way.
 */
import { env } from 'cloudflare:workers'
import { createBearward, type ResourceServerOptions, toResponse } from '@bearward/fetch'
import type { WorkerSetup } from './setup.ts'

interface WorkerContext {
  waitUntil(promise: Promise<unknown>): void
}

const setup = env['SETUP'] as WorkerSetup

/** Milliseconds by which the clock of the API is ahead. A test sets it. */
let ahead = 0
const clock = { now: () => Date.now() + ahead }

/** Lines of the log. */
const lines: string[] = []
const write = (line: string) => void lines.push(line)

const resolve = async (issuer: string) => {
  const response = await fetch(`${setup.resolver}?issuer=${encodeURIComponent(issuer)}`)
  return (await response.json()) as { issuer: string; audience: string }
}

const { requireToken, protect, authorize, verify, cors, status } = createBearward({
  ...setup.options,
  ...(setup.resolver !== undefined && { issuers: { match: () => true, resolve } }),
  clock,
  logger: { info: write, warn: write, error: write },
} as ResourceServerOptions)

const guard = requireToken()

/** `protect` gets the context of the Worker, and passes it on. */
const listReports = protect(
  {},
  (_request: Request, { token }, _env: unknown, _ctx: WorkerContext) =>
    Response.json({ client: token.clientId }),
)

/** A WebSocket behind a guard. `cors` adds headers to responses, but the response of a WebSocket cannot be copied. */
const openSocket = cors(
  { origins: ['https://app.example.com'] },
  protect({}, () => {
    const { 0: client, 1: server } = new WebSocketPair()
    server.accept()
    server.addEventListener('message', ({ data }) => server.send(`echo ${data}`))
    return new Response(null, { status: 101, webSocket: client } as ResponseInit)
  }),
)

export default {
  async fetch(request: Request, bindings: unknown, ctx: WorkerContext): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    switch (pathname) {
      case '/protected':
        return listReports(request, bindings, ctx)
      case '/without-context': {
        const passed = await guard(request)
        return passed instanceof Response
          ? passed
          : Response.json({ client: passed.token.clientId })
      }
      case '/authorize': {
        const outcome = await authorize(request, {}, ctx)
        return outcome.kind === 'granted'
          ? Response.json({ client: outcome.token.clientId })
          : toResponse(outcome)
      }
      case '/verify': {
        const token = request.headers.get('authorization')!.slice('Bearer '.length)
        const outcome = await verify(token, ctx)
        return outcome.kind === 'granted'
          ? Response.json({ client: outcome.token.clientId })
          : toResponse(outcome)
      }
      case '/socket':
        return openSocket(request)
      case '/log':
        return Response.json(lines.splice(0))
      case '/status':
        return Response.json(status().issuers)
      case '/advance':
        ahead += Number(searchParams.get('milliseconds'))
        return new Response()
      default:
        return new Response(null, { status: 404 })
    }
  },
}
