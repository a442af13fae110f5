import type { IncomingMessage, ServerResponse } from 'node:http'
import { listen, type RunningServer } from './servers.ts'

/** A request as the introspection endpoint has received it. */
export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly form: URLSearchParams
  readonly response: ServerResponse
}

/** What the endpoint does: answers with JSON, with a status alone, or as a function says. */
export type Script = Record<string, unknown> | number | ((asked: Asked) => unknown)

/** An issuer on the loopback address, with metadata, keys, and an introspection endpoint that obeys a test. */
export interface IntrospectionServer extends RunningServer {
  /** Every request to the introspection endpoint, in order. */
  readonly asked: Asked[]
  /** Every request to another address, in order. */
  readonly visited: string[]
  answer(script: Script): void
  /** Resolves when so many requests have come to the introspection endpoint, in all. */
  received(count: number): Promise<void>
  /** The same for other addresses. */
  visiting(count: number): Promise<void>
}

/** `others` are documents or scripts by their path, in the place of the documents that the server has. */
export async function introspectionServer(
  first: Script,
  others: (url: string) => Record<string, Script> = () => ({}),
): Promise<IntrospectionServer> {
  const asked: Asked[] = []
  const visited: string[] = []
  const waiting: (() => void)[] = []
  let script = first

  const server = await listen((request, response) => void handle(request, response))
  const documents = () => ({
    '/.well-known/openid-configuration': {
      issuer: server.url,
      jwks_uri: `${server.url}/jwks`,
      introspection_endpoint: `${server.url}/introspect`,
    },
    ...others(server.url),
  })

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const form = new URLSearchParams(Buffer.concat(chunks).toString('latin1'))
    const one = { method, url, headers, form, response }
    const isAsked = url.startsWith('/introspect')
    if (isAsked) asked.push(one)
    else visited.push(url)
    for (const wake of waiting) wake()
    const followed = isAsked ? script : ((documents() as Record<string, Script>)[url] ?? 404)
    const answer = typeof followed === 'function' ? await followed(one) : followed
    if (answer !== undefined) answerJson(response, answer as object | number)
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

function answerJson(response: ServerResponse, answer: object | number): void {
  if (typeof answer === 'number') return void response.writeHead(answer).end()
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(answer))
}

/** Answers with these bytes, this type, and 200. */
export function raw(body: string | Uint8Array, type = 'application/json', more: object = {}) {
  return ({ response }: Asked): void =>
    void response.writeHead(200, { 'Content-Type': type, ...more }).end(body)
}
