import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestIssuer } from '../support/issuer.ts'
import { bearer } from '../support/requests.ts'
import { type RunningWorker, startWorker } from '../support/workerd.ts'
import { ISSUER, RESOURCE } from './mcp-worker-options.ts'

const issuer = createTestIssuer({ issuer: ISSUER, audience: RESOURCE })
const READER = issuer.token({ claims: { scope: 'read' } })

describe('the guard of an MCP server in workerd', () => {
  let worker: RunningWorker
  beforeAll(async () => {
    const entry = fileURLToPath(new URL('mcp-worker.ts', import.meta.url))
    worker = await startWorker({ entry, bindings: { JWKS: issuer.jwks } })
  })
  afterAll(() => worker.close())

  const send = (init: RequestInit, token?: string) =>
    fetch(worker.url, {
      ...(token !== undefined && bearer(token)),
      ...init,
      duplex: 'half',
    } as RequestInit)
  const post = (body: unknown, token?: string) =>
    send(
      { method: 'POST', body: body instanceof ReadableStream ? body : JSON.stringify(body) },
      token,
    )
  const call = (name: string, more: object = {}) => ({
    jsonrpc: '2.0',
    id: 1,
    method: 'tools/call',
    params: { name, ...more },
  })

  it('a guard in workerd lets a tool run, and the handler can read the checked body', async () => {
    const response = await post(call('list'), READER)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      clientId: 'reports-cron',
      verifiedBy: 'jwt',
      mayPurge: false,
      text: JSON.stringify(call('list')),
    })
  })

  it('a guard in workerd refuses a tool without its scope, an unlisted tool, and a call of a tool without a token', async () => {
    const admin = issuer.token({ claims: { scope: 'read admin' } })
    expect((await post(call('purge'), admin)).status).toBe(200)
    const refused = await post(call('purge'), READER)
    expect(refused.status).toBe(403)
    expect(refused.headers.get('www-authenticate')).toContain('scope="read admin"')
    expect((await post(call('other'), READER)).status).toBe(403)
    expect((await post(call('list'))).status).toBe(401)
    const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
    expect(await (await post(list)).json()).toEqual({ mayPurge: false, text: JSON.stringify(list) })
  })

  it('a guard in workerd refuses a body above the limit, with a length and in chunks', async () => {
    const large = call('list', { padding: ' '.repeat(1000) })
    expect((await post(large, READER)).status).toBe(413)
    const chunks = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(JSON.stringify(large)))
        controller.close()
      },
    })
    expect((await post(chunks, READER)).status).toBe(413)
    expect((await send({ method: 'POST', body: '{' }, READER)).status).toBe(400)
  })

  it('a guard in workerd ends an event stream when the token expires', async () => {
    const response = await send({ method: 'GET' }, READER)
    expect(response.status).toBe(200)
    expect(await response.text()).toBe('data: 1\n\n')
    expect((await post(call('list'), READER)).status).toBe(200)
  })
})
