import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { type FetchedDocument, FetchError } from '../../src/authorization-server/bounded-fetch.ts'
import {
  createDiscoveredEndpoint,
  METADATA_AGE,
} from '../../src/authorization-server/discovered-endpoint.ts'
import type {
  DiscoveryFailedEvent,
  EndpointMovedEvent,
} from '../../src/authorization-server/discovery-events.ts'

const ISSUER = 'https://as.example.com'
const endpointAt = (path: string) => ({ issuer: ISSUER, introspection_endpoint: ISSUER + path })
const AGE = METADATA_AGE / 1000
const MOVED = {
  type: 'introspection_moved',
  issuer: ISSUER,
  from: `${ISSUER}/token`,
  to: `${ISSUER}/new`,
}

/** Creates an endpoint. The test responds to a metadata request with the functions in `responses`, or does not respond. */
function setup(more: { byCertificate?: boolean } = {}) {
  const clock = fakeClock()
  const closed = new AbortController()
  const responses: ((response: object) => void)[] = []
  const events: (EndpointMovedEvent | DiscoveryFailedEvent)[] = []
  const endpoint = createDiscoveredEndpoint({
    issuer: ISSUER,
    endpoint: 'introspection_endpoint',
    get: () =>
      new Promise<FetchedDocument>((resolve, reject) =>
        responses.push((response) =>
          response instanceof Error
            ? reject(response)
            : resolve({ document: { ...response }, maxAge: undefined, age: 0 }),
        ),
      ),
    isAcceptable: () => true,
    bounds: { clock, timeout: 3000, closed: closed.signal },
    publish: (type, getMembers) => void events.push({ type, ...getMembers() } as never),
    ...more,
  })
  async function discoverAddress() {
    const found = Promise.resolve(endpoint.find())
    responses.at(-1)!(endpointAt('/token'))
    expect(await found).toBe(`${ISSUER}/token`)
    await settled()
  }
  return { clock, closed, responses, events, endpoint, discoverAddress }
}

describe('createDiscoveredEndpoint', () => {
  it('find() of a discovered endpoint fetches the metadata once for concurrent callers', async () => {
    const { responses, endpoint } = setup()
    const found = Array.from({ length: 20 }, async () => endpoint.find())
    expect(responses).toHaveLength(1)
    responses[0]!(endpointAt('/token'))
    expect(new Set(await Promise.all(found))).toEqual(new Set([`${ISSUER}/token`]))
    expect(endpoint.find()).toBe(`${ISSUER}/token`)
  })

  it('find() of a discovered endpoint starts a second search while an older search hangs, and both callers get the address', async () => {
    const { clock, responses, endpoint } = setup()
    const first = Promise.resolve(endpoint.find()).catch((error: Error) => error.message)
    clock.advance(0.5)
    const second = endpoint.find()
    responses[1]!(endpointAt('/token'))
    expect(await second).toBe(`${ISSUER}/token`)
    await clock.pass(3)
    expect(await first).toBe(`${ISSUER}/token`)
  })

  it('find() of a discovered endpoint returns a known address immediately, and finds a moved endpoint in the background', async () => {
    const { clock, responses, events, endpoint, discoverAddress } = setup()
    await discoverAddress()
    clock.advance(AGE)
    for (let call = 0; call < 10; call++) expect(endpoint.find()).toBe(`${ISSUER}/token`)
    expect(responses).toHaveLength(2)
    responses[1]!(endpointAt('/new'))
    await settled()
    expect(endpoint.find()).toBe(`${ISSUER}/new`)
    expect(events).toEqual([MOVED])
  })

  it('find() of a discovered endpoint returns the known address while the metadata server hangs', async () => {
    const { clock, responses, events, endpoint, discoverAddress } = setup()
    await discoverAddress()
    for (let search = 1; search <= 3; search++) {
      clock.advance(AGE)
      expect(endpoint.find()).toBe(`${ISSUER}/token`)
      await clock.pass(3)
      expect(events).toHaveLength(search)
      expect(events.at(-1)).toMatchObject({ type: 'discovery_failed', failure: 'timeout' })
    }
    expect(responses).toHaveLength(4)
    expect(clock.pending()).toBe(0)
  })

  it('find() of a discovered endpoint after forget() waits for new metadata, and returns the known address if no metadata arrives', async () => {
    const { clock, responses, endpoint, discoverAddress } = setup()
    await discoverAddress()
    endpoint.forget()
    const found = endpoint.find()
    expect(found).toBeInstanceOf(Promise)
    responses[1]!(endpointAt('/new'))
    expect(await found).toBe(`${ISSUER}/new`)
    await settled()
    endpoint.forget()
    const again = endpoint.find()
    await clock.pass(3)
    expect(await again).toBe(`${ISSUER}/new`)
    expect(endpoint.find()).toBe(`${ISSUER}/new`)
  })

  it('createDiscoveredEndpoint ends a running search without an event when the signal bounds.closed is aborted', async () => {
    const { clock, closed, events, endpoint, discoverAddress } = setup()
    await discoverAddress()
    clock.advance(AGE)
    void endpoint.find()
    closed.abort()
    await settled()
    expect([events, clock.pending()]).toEqual([[], 0])
  })

  it('8705-14: find() of a discovered endpoint with byCertificate returns the endpoint in mtls_endpoint_aliases', async () => {
    const { responses, endpoint } = setup({ byCertificate: true })
    const found = endpoint.find()
    const aliases = { introspection_endpoint: `${ISSUER}/mtls` }
    responses[0]!({ ...endpointAt('/token'), mtls_endpoint_aliases: aliases })
    expect(await found).toBe(`${ISSUER}/mtls`)
  })

  it('find() of a discovered endpoint after forget() waits at most half a second for metadata that does not arrive', async () => {
    const { clock, responses, endpoint, discoverAddress } = setup()
    await discoverAddress()
    endpoint.forget()
    const found = endpoint.find()
    expect(responses).toHaveLength(2)
    await clock.pass(0.5)
    expect(await found).toBe(`${ISSUER}/token`)
  })

  it('forget() of a discovered endpoint causes a new search at most once in five seconds', async () => {
    const { clock, responses, endpoint, discoverAddress } = setup()
    await discoverAddress()
    for (let i = 0; i < 50; i++) {
      endpoint.forget()
      const found = endpoint.find()
      if (responses.length === 2) responses[1]!(endpointAt('/token'))
      expect(await found).toBe(`${ISSUER}/token`)
      await settled()
      clock.advance(0.09)
    }
    expect(responses).toHaveLength(2)
    clock.advance(1)
    endpoint.forget()
    void endpoint.find()
    expect(responses).toHaveLength(3)
  })

  it('Retry-After of the metadata delays the next search by ten seconds at most, even if forget() is called', async () => {
    for (const [retryAfter, pause] of [
      ['7', 7],
      ['3600', 10],
      ['soon', 0],
    ] as const) {
      const { clock, responses, endpoint, discoverAddress } = setup()
      await discoverAddress()
      endpoint.forget()
      const found = endpoint.find()
      responses[1]!(new FetchError('status', 'status 429', { status: 429, retryAfter }))
      expect(await found).toBe(`${ISSUER}/token`)
      const start = clock.monotonic()
      while (responses.length === 2 && clock.monotonic() - start < 100_000) {
        clock.advance(0.5)
        endpoint.forget()
        void endpoint.find()
      }
      const waited = (clock.monotonic() - start) / 1000
      expect([retryAfter, waited]).toEqual([retryAfter, Math.max(pause, 5)])
    }
  })

  it('find() of a discovered endpoint rejects without a new search during the pause of Retry-After (at most ten seconds) if no address is known', async () => {
    for (const [retryAfter, pause] of [
      ['7', 7],
      ['3600', 10],
      ['soon', 0],
    ] as const) {
      const { clock, responses, endpoint } = setup()
      const limited = new FetchError('status', 'status 429', { status: 429, retryAfter })
      const first = Promise.resolve(endpoint.find())
      responses[0]!(limited)
      await expect(first).rejects.toBe(limited)
      await settled()
      for (let left = pause; left > 0; left -= 0.5) {
        const again = { message: 'status 429', status: 429, retryAfter: `${Math.ceil(left)}` }
        await expect(endpoint.find()).rejects.toMatchObject(again)
        clock.advance(0.5)
      }
      expect([retryAfter, responses.length]).toEqual([retryAfter, 1])
      const found = endpoint.find()
      responses[1]!(endpointAt('/token'))
      expect(await found).toBe(`${ISSUER}/token`)
    }
  })

  it('find() of a discovered endpoint searches again during a pause of Retry-After if a newer search has succeeded', async () => {
    const { clock, responses, endpoint, discoverAddress } = setup()
    await discoverAddress()
    endpoint.forget()
    void endpoint.find()
    await clock.pass(0.5)
    void endpoint.find()
    responses[1]!(new FetchError('status', 'status 429', { status: 429, retryAfter: '60' }))
    responses[2]!(endpointAt('/token'))
    await settled()
    clock.advance(5)
    endpoint.forget()
    void endpoint.find()
    expect(responses).toHaveLength(4)
  })

  it('find() of a discovered endpoint returns the address of the newer search if an older search ends later', async () => {
    const { clock, responses, events, endpoint, discoverAddress } = setup()
    await discoverAddress()
    clock.advance(AGE)
    expect(endpoint.find()).toBe(`${ISSUER}/token`)
    clock.advance(1)
    endpoint.forget()
    const found = endpoint.find()
    responses[2]!(endpointAt('/new'))
    expect(await found).toBe(`${ISSUER}/new`)
    responses[1]!(endpointAt('/token'))
    await settled()
    expect(endpoint.find()).toBe(`${ISSUER}/new`)
    expect(events).toEqual([MOVED])
  })
})
