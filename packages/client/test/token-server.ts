import type { IncomingMessage, ServerResponse } from 'node:http'
import { listen, type RunningServer } from '../../../test/support/servers.ts'

/** A request as the token endpoint has received it. */
export interface Asked {
  readonly method: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly form: URLSearchParams
  readonly response: ServerResponse
  /** Which request it is, from 1. */
  readonly number: number
}

/** What the endpoint does: answers with JSON and 200, with a status alone, or as a function says. */
export type Script = Record<string, unknown> | number | ((asked: Asked) => unknown)

/** An authorization server on the loopback address whose token endpoint obeys a test. */
export interface TokenServer extends RunningServer {
  /** Every request to the token endpoint, in order. */
  readonly asked: Asked[]
  /** Every request to another address, in order. */
  readonly visited: string[]
  answer(script: Script): void
  /** Replaces the metadata. */
  publish(metadata: (url: string) => object): void
}

/** Grants `token-1`, `token-2` and so on, for ten minutes each. */
export const granting: Script = ({ number }) => grant(number)

export function grant(number: number, more: Record<string, unknown> = {}): Record<string, unknown> {
  return { access_token: `token-${number}`, token_type: 'Bearer', expires_in: 600, ...more }
}

/** Refuses as RFC 6749 section 5.2 has it. */
export function refusing(
  error: string,
  { status = 400, headers = {}, ...more }: Record<string, unknown> = {},
): Script {
  return ({ response }) => {
    response.writeHead(status as number, {
      'Content-Type': 'application/json',
      ...(headers as object),
    })
    response.end(JSON.stringify({ error, ...more }))
  }
}

export async function tokenServer(first: Script = granting): Promise<TokenServer> {
  const asked: Asked[] = []
  const visited: string[] = []
  let script = first
  let metadata: (url: string) => object = (url) => ({ issuer: url, token_endpoint: `${url}/token` })
  const server = await listen((request, response) => void handle(request, response))

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (!url.startsWith('/token')) {
      visited.push(url)
      const isMetadata = url === '/.well-known/openid-configuration'
      return answerJson(response, isMetadata ? metadata(server.url) : 404)
    }
    const body = Buffer.concat(chunks).toString('latin1')
    const form = new URLSearchParams(body)
    const one = { method, headers, body, form, response, number: asked.length + 1 }
    asked.push(one)
    const answer = typeof script === 'function' ? await script(one) : script
    if (answer !== undefined) answerJson(response, answer as object | number)
  }

  return {
    ...server,
    asked,
    visited,
    answer: (next) => void (script = next),
    publish: (next) => void (metadata = next),
  }
}

function answerJson(response: ServerResponse, answer: object | number): void {
  if (typeof answer === 'number') return void response.writeHead(answer).end()
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(answer))
}
