import { describe, expect, it } from 'vitest'
import { AUDIENCE } from '../support/issuer.ts'
import { until } from '../support/until.ts'
import { startScene, type WorkerSetup } from './setup.ts'

const opaque = (url: string): WorkerSetup => ({
  options: {
    issuer: url,
    audience: AUDIENCE,
    tokenFormat: 'opaque',
    introspection: {
      clientId: 'the-api',
      clientAuthentication: { method: 'client_secret_basic', secret: 'a-secret' },
    },
  },
})

const tenants = (url: string): WorkerSetup => ({ options: {}, resolver: `${url}/resolve` })

describe('introspection in a Worker', () => {
  it('protect: requests with the same token share one introspection call', async () => {
    const { server, request } = await startScene(opaque)
    server.hold()
    const both = [request('a-token'), request('a-token')]
    await until(() => server.count('/introspect') === 1)
    server.release()
    expect(await Promise.all(both)).toEqual(['200', '200'])
    expect(server.count('/introspect')).toBe(1)
  })

  it('protect keeps an introspection call alive if the client of its request disconnects', async () => {
    const { server, request, requestAndLeave } = await startScene(opaque)
    server.hold()
    await requestAndLeave('/protected', 2, 'a-token')
    const second = request('a-token')
    server.release()
    expect(await second).toBe('200')
    expect(server.count('/introspect')).toBe(1)
  })

  it('requireToken without a context: the next request makes an introspection call itself if the first client disconnects', async () => {
    const { server, request, requestAndLeave } = await startScene(opaque)
    server.hold()
    await requestAndLeave('/without-context', 2, 'a-token')
    server.release()
    expect(await request('a-token', '/without-context')).toBe('200')
    expect(await request('another-token', '/without-context')).toBe('200')
    expect(server.count('/introspect')).toBe(3)
  })

  it('requireToken without a context: a cancelled trial call of the introspection endpoint does not prevent the next trial call', async () => {
    const { server, request, requestAndLeave, advance } = await startScene(opaque)
    expect(await request('first-token')).toBe('200')
    // A server refuses the credentials of the API with 401. The token cannot be the cause.
    server.fail(401)
    for (let i = 0; i < 5; i++) await request(`token-${i}`)
    const callsBefore = server.calls.length
    expect(await request('second-token')).toBe('503 temporarily_unavailable')
    expect(server.calls.length).toBe(callsBefore)
    server.fail(undefined)
    await advance(31)
    server.hold()
    await requestAndLeave('/without-context', callsBefore + 1, 'trial-token')
    server.release()
    expect(await request('third-token')).toBe('503 temporarily_unavailable')
    await advance(10)
    expect(await request('third-token')).toBe('200')
  })
})

describe('issuers from functions in a Worker', () => {
  it('protect keeps a call of resolve alive if the client of its request disconnects', async () => {
    const { server, request, requestAndLeave } = await startScene(tenants)
    server.hold()
    await requestAndLeave('/protected', 1)
    const second = request()
    server.release()
    expect(await second).toBe('200')
    expect(server.count('/resolve')).toBe(1)
    expect(server.count('/jwks')).toBe(1)
  })

  it('requireToken without a context: the next request calls resolve if the first client disconnects', async () => {
    const { server, request, requestAndLeave } = await startScene(tenants)
    server.hold()
    await requestAndLeave('/without-context', 1)
    server.release()
    expect(await request(undefined, '/without-context')).toBe('200')
    expect(server.count('/resolve')).toBe(2)
  })

  it('requireToken without a context: a refresh of the options that was cancelled does not prevent the next refresh', async () => {
    const { server, request, advance } = await startScene(tenants)
    expect(await request()).toBe('200')
    await advance(250)
    server.hold()
    expect(await request(undefined, '/without-context')).toBe('200')
    server.release()
    await advance(20)
    // The call may be cancelled before it reaches the server.
    const before = server.count('/resolve')
    expect(await request()).toBe('200')
    await until(() => server.count('/resolve') > before)
  })

  it('waiting calls of resolve that were cancelled do not count for the option concurrency', async () => {
    const { server, issuer, request, requestAndLeave, waitAndLeave, advance } =
      await startScene(tenants)
    server.hold()
    const tenant = (i: number) => issuer.token({ claims: { iss: `${issuer.issuer}/t${i}` } })
    for (let i = 0; i < 6; i++) {
      server.cancelled.length = 0
      await requestAndLeave('/without-context', i + 1, tenant(i))
    }
    await waitAndLeave(Array.from({ length: 10 }, (_, i) => tenant(10 + i)))
    server.release()
    await advance(20)
    const good = Array.from({ length: 14 }, (_, i) => request(tenant(20 + i)))
    expect((await Promise.all(good)).filter((one) => one.startsWith('503'))).toEqual([])
  })

  it('running calls of resolve that were cancelled do not count for the option concurrency', async () => {
    const { server, issuer, request, requestAndLeave, advance } = await startScene(tenants)
    server.hold()
    // Two of the eight calls are reserved for issuers that are cached.
    for (let i = 0; i < 6; i++) {
      const token = issuer.token({ claims: { iss: `${issuer.issuer}/t${i}` } })
      server.cancelled.length = 0
      await requestAndLeave('/without-context', i + 1, token)
    }
    server.release()
    expect(await request()).toBe('503 temporarily_unavailable')
    await advance(20)
    expect(await request()).toBe('200')
  })
})

describe('the log of a Worker', () => {
  it('the log writes the number of omitted lines of a kind just before the next line of this kind', async () => {
    const { request, advance, readLog } = await startScene()
    for (let i = 0; i < 30; i++) await request('not-a-token')
    await advance(2)
    await request('not-a-token')
    const lines = await readLog()
    const omitted = lines.filter((line) => line.includes('more lines in this second were omitted'))
    expect(omitted).toHaveLength(1)
    expect(lines.at(-1)).toContain('refused 401 malformed_token')
    expect(lines.length).toBeLessThan(20)
  })
})
