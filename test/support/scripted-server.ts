import type { IncomingMessage, ServerResponse } from 'node:http'
import { noteRequest, noteSecret } from './secrets.ts'
import { listen, type RunningServer } from './servers.ts'

/** A request that the endpoint has received. */
export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly form: URLSearchParams
  readonly response: ServerResponse
  /** Number of the request, from 1. */
  readonly number: number
}

/**
 * Response of the endpoint. An object is sent as JSON with 200, a number as a status without a body. A function returns an object
 * or a number, or sends the response and returns `undefined`.
 */
export type Script = object | number | ((request: ReceivedRequest) => unknown)

/** Authorization server on the loopback address: one endpoint with responses that a test sets, and documents. */
export interface ScriptedServer extends RunningServer {
  /** Requests to the endpoint, in order. */
  readonly requests: ReceivedRequest[]
  /** Requests to other addresses, in order. */
  readonly otherPaths: string[]
  /** Sets the response of the endpoint. */
  answer(script: Script): void
  /** Resolves when the endpoint has received `count` requests in total. */
  received(count: number): Promise<void>
  /** Resolves when other addresses have received `count` requests in total. */
  waitForOtherPaths(count: number): Promise<void>
}

/**
 * Starts a server.
 *
 * @param path Path of the endpoint. The endpoint also handles longer paths that begin with this path.
 * @param first Response of the endpoint until `answer` is called.
 * @param documents Returns the responses of other paths. It is called for each request.
 */
export async function scriptedServer(
  path: string,
  first: Script,
  documents: (url: string) => Readonly<Record<string, Script>>,
): Promise<ScriptedServer> {
  const requests: ReceivedRequest[] = []
  const otherPaths: string[] = []
  const waiting: (() => void)[] = []
  let script = first
  const server = await listen((request, response) => void handle(request, response))

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString('latin1')
    const form = new URLSearchParams(body)
    const one = { method, url, headers, body, form, response, number: requests.length + 1 }
    noteRequest(headers.authorization, form)
    noteSecret(headers['dpop'])
    const isEndpoint = url.startsWith(path)
    if (isEndpoint) requests.push(one)
    else otherPaths.push(url)
    for (const check of waiting) check()
    return respond(one, isEndpoint ? script : (documents(server.url)[url] ?? 404))
  }

  function until(done: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => void (done() && resolve())
      waiting.push(check)
      check()
    })
  }

  return {
    ...server,
    requests,
    otherPaths,
    answer: (next) => void (script = next),
    received: (count) => until(() => requests.length >= count),
    waitForOtherPaths: (count) => until(() => otherPaths.length >= count),
  }
}

async function respond(request: ReceivedRequest, script: Script): Promise<void> {
  const { response } = request
  const content = typeof script === 'function' ? await script(request) : script
  if (content === undefined) return
  if (typeof content === 'number') return void response.writeHead(content).end()
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(content))
}

/** Returns a script that responds once on each connection. On the second request, it closes the connection. */
export function closeOnReuse(script: (request: ReceivedRequest) => unknown): Script {
  const used = new WeakSet()
  return (request) => {
    const content = script(request)
    const { socket } = request.response
    if (used.has(socket!)) return void socket!.destroy()
    used.add(socket!)
    return content
  }
}
