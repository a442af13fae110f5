import { describe, expect, it } from 'vitest'
import { AUDIENCE, createTestIssuer } from '../support/issuer.ts'
import { until } from '../support/until.ts'
import { startScene } from './setup.ts'

/** Options of an older Worker. With this date, workerd never settles the promise of a request that has ended. */
const OLDER = { compatibilityDate: '2024-09-23', compatibilityFlags: ['nodejs_compat'] }

describe('the keys of an issuer in a Worker', () => {
  it('createBearward at module scope makes no call, and the first request fetches the keys', async () => {
    const { server, request } = await startScene()
    expect(server.calls).toEqual([])
    expect(await request()).toBe('200')
    expect(await request()).toBe('200')
    expect(server.calls).toEqual(['/.well-known/openid-configuration', '/jwks'])
  })

  it('createBearward at module scope imports the keys of the option jwks', async () => {
    const issuer = createTestIssuer({ algorithms: ['RS256', 'ES256', 'Ed25519'] })
    const { issuer: name, jwks } = issuer
    const { server, request } = await startScene(() => ({
      options: { issuer: name, audience: AUDIENCE, jwks },
    }))
    for (const key of issuer.keys) expect(await request(issuer.token({ key }))).toBe('200')
    expect(await request(createTestIssuer().token())).toBe('401 invalid_token')
    expect(server.calls).toEqual([])
  })

  it('protect: two first requests at the same time share one fetch of keys', async () => {
    const { server, request } = await startScene()
    server.hold()
    const both = [request(), request()]
    await until(() => server.count('/jwks') === 1)
    server.release()
    expect(await Promise.all(both)).toEqual(['200', '200'])
    expect(server.count('/jwks')).toBe(1)
  })

  it('protect keeps the fetch of keys alive if the client of the first request disconnects', async () => {
    const { server, request, requestAndLeave } = await startScene()
    server.hold()
    await requestAndLeave('/protected', 2)
    const second = request()
    server.release()
    expect(await second).toBe('200')
    expect(server.count('/jwks')).toBe(1)
    expect(server.cancelled).toEqual([])
  })

  it.each(['/authorize', '/verify'] as const)(
    '%s with a context keeps the fetch of keys alive if the client of the first request disconnects',
    async (name) => {
      const { server, request, requestAndLeave } = await startScene()
      server.hold()
      await requestAndLeave(name, 2)
      const second = request(undefined, name)
      server.release()
      expect(await second).toBe('200')
      expect(server.count('/jwks')).toBe(1)
      expect(server.cancelled).toEqual([])
    },
  )

  it('requireToken without a context: the next request fetches the keys itself if the first client disconnects', async () => {
    const { server, request, requestAndLeave } = await startScene()
    server.hold()
    await requestAndLeave('/without-context', 2)
    expect(server.cancelled).toEqual(['/jwks'])
    server.release()
    expect(await request(undefined, '/without-context')).toBe('200')
    expect(await request(undefined, '/without-context')).toBe('200')
    expect(server.count('/jwks')).toBe(2)
  })

  it('requireToken without a context: requests that wait when the first client disconnects share one more fetch', async () => {
    const { server, request, requestAndLeave } = await startScene()
    server.hold()
    const leaving = requestAndLeave('/without-context', 2)
    await until(() => server.count('/jwks') === 1)
    const waiting = [request(), request(undefined, '/without-context'), request()]
    await leaving
    await until(() => server.count('/jwks') === 2)
    server.release()
    expect(await Promise.all(waiting)).toEqual(['200', '200', '200'])
    expect(server.count('/jwks')).toBe(2)
  })

  it('requireToken with an old compatibility date: the next request fetches the keys itself if the first client disconnects', async () => {
    const { server, request, requestAndLeave } = await startScene(undefined, OLDER)
    server.hold()
    await requestAndLeave('/without-context', 2)
    server.release()
    expect(await request()).toBe('200')
    expect(await request()).toBe('200')
    expect(server.count('/jwks')).toBe(2)
  })

  it('a token that is signed with a new key makes the request fetch the keys again', async () => {
    const { server, request, rotate } = await startScene()
    expect(await request()).toBe('200')
    expect(await request(rotate())).toBe('200')
    expect(server.count('/jwks')).toBe(2)
  })

  it('a token that is signed with a second new key gets 503 until the keys may be fetched again', async () => {
    const { server, request, advance, rotate } = await startScene()
    expect(await request()).toBe('200')
    expect(await request(rotate())).toBe('200')
    const next = rotate()
    expect(await request(next)).toBe('503 temporarily_unavailable')
    await advance(2.7)
    expect(await Promise.all([request(next), request(next)])).toEqual(['200', '200'])
    expect(server.count('/jwks')).toBe(3)
  })

  it('keys are refreshed in the background before they are stale, and protect keeps the refresh alive', async () => {
    const { server, request, advance, readStatus } = await startScene()
    expect(await request()).toBe('200')
    await advance(550)
    server.hold()
    expect(await request()).toBe('200')
    await until(() => server.count('/jwks') === 2)
    server.release()
    // If the keys are still fresh when the first keys would be stale, the refresh has ended.
    await advance(100)
    expect((await readStatus())[0].keys.state).toBe('fresh')
    expect(server.cancelled).toEqual([])
  })

  it('requireToken without a context: a refresh that was cancelled does not prevent the next refresh', async () => {
    const { server, request, advance, readStatus } = await startScene()
    expect(await request()).toBe('200')
    await advance(550)
    server.hold()
    expect(await request(undefined, '/without-context')).toBe('200')
    server.release()
    await advance(100)
    expect((await readStatus())[0].keys.state).toBe('stale')
    expect(await request()).toBe('200')
    expect((await readStatus())[0].keys.state).toBe('fresh')
  })

  it('protect grants tokens with known keys while the authorization server is down', async () => {
    const { server, request, advance, readStatus, readLog } = await startScene()
    expect(await request()).toBe('200')
    server.fail(503)
    await advance(3600)
    expect(await request()).toBe('200')
    expect(await request()).toBe('200')
    expect((await readStatus())[0].keys.state).toBe('stale')
    expect((await readLog()).some((line) => line.includes('keys_failed'))).toBe(true)
    server.fail(undefined)
    await advance(60)
    expect(await request()).toBe('200')
    await until(() => server.count('/jwks') === 3)
  })

  it('the first request gets 503 while the authorization server is down, and a later request gets 200 when the server works again', async () => {
    const { server, request, advance } = await startScene()
    server.fail(503)
    expect(await request()).toBe('503 temporarily_unavailable')
    server.fail(undefined)
    await advance(1)
    expect(await request()).toBe('200')
  })
})
