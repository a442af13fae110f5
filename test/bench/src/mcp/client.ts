import { createTimes } from '../claims.ts'
import type { Verify } from '../micro/contestant.ts'
import { mintPool } from '../mint.ts'
import { type Case, createMessage, createTools, listScopes } from './cases.ts'
import type { McpContestant } from './contestant.ts'

/**
 * Creates a server, and a function that sends the request of a case to it. The function resolves to `true` if the server executes
 * all calls of the body. All requests have the same ES256 token. `claims` replace claims of the token.
 */
export async function createClient(
  contestant: McpContestant,
  { calls, scopes }: Case,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<Verify> {
  const options = { algorithm: 'ES256', count: 1 } as const
  const pool = await mintPool(
    { ...options, claims: { scope: listScopes(scopes), ...claims } },
    createTimes(3600),
  )
  const server = { issuerKey: pool.jwk, tools: createTools(scopes) }
  const handle = contestant(server, (body) => {
    const isComplete = (Array.isArray(body) ? body.length : 1) === calls
    return new Response(null, { status: isComplete ? 202 : 500 })
  })
  const { body, headers } = createMessage(calls)
  const fields = {
    'content-type': 'application/json',
    'content-length': String(body.length),
    accept: 'application/json, text/event-stream',
    ...headers,
  }
  return async () => {
    const { ok } = await handle(
      new Request('https://api.example.com/mcp', {
        method: 'POST',
        // A server receives a new string with every request.
        headers: { ...fields, authorization: pool.header(0) },
        body,
      }),
    )
    return ok
  }
}
