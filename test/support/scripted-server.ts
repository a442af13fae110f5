import type { IncomingMessage, ServerResponse } from 'node:http'
import { noteRequest } from './secrets.ts'
import { listen, type RunningServer } from './servers.ts'

/** A request as the endpoint has received it. */
export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly form: URLSearchParams
  readonly response: ServerResponse
  /** Which request it is, from 1. */
  readonly number: number
}

/** What the endpoint does: answers with JSON and 200, with a status alone, or as a function says. */
export type Script = object | number | ((asked: Asked) => unknown)

/** An authorization server on the loopback address with one endpoint that obeys a test, and documents beside it. */
export interface ScriptedServer extends RunningServer {
  /** Every request to the endpoint, in order. */
  readonly asked: Asked[]
  /** Every request to another address, in order. */
  readonly visited: string[]
  answer(script: Script): void
  /** Resolves when so many requests have come, in all. */
  received(count: number): Promise<void>
  /** The same for other addresses. */
  visiting(count: number): Promise<void>
}

/** `documents` are what stands elsewhere than at `path`, by its path, and are looked up at each request. */
export async function scriptedServer(
  path: string,
  first: Script,
  documents: (url: string) => Readonly<Record<string, Script>>,
): Promise<ScriptedServer> {
  const asked: Asked[] = []
  const visited: string[] = []
  const waiting: (() => void)[] = []
  let script = first
  const server = await listen((request, response) => void handle(request, response))

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString('latin1')
    const form = new URLSearchParams(body)
    const one = { method, url, headers, body, form, response, number: asked.length + 1 }
    noteRequest(headers.authorization, form)
    const isAsked = url.startsWith(path)
    if (isAsked) asked.push(one)
    else visited.push(url)
    for (const wake of waiting) wake()
    return answer(one, isAsked ? script : (documents(server.url)[url] ?? 404))
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
    asked,
    visited,
    answer: (next) => void (script = next),
    received: (count) => until(() => asked.length >= count),
    visiting: (count) => until(() => visited.length >= count),
  }
}

async function answer(asked: Asked, script: Script): Promise<void> {
  const { response } = asked
  const said = typeof script === 'function' ? await script(asked) : script
  if (said === undefined) return
  if (typeof said === 'number') return void response.writeHead(said).end()
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(said))
}

/** Reads every request, answers one on each connection, and closes the connection when there is another. */
export function closingWhenUsedAgain(script: (asked: Asked) => unknown): Script {
  const used = new WeakSet()
  return (asked) => {
    const said = script(asked)
    const { socket } = asked.response
    if (used.has(socket!)) return void socket!.destroy()
    used.add(socket!)
    return said
  }
}
