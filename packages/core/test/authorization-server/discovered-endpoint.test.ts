import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../test/support/fake-clock.ts'
import { type FetchedDocument, FetchError } from '../../src/authorization-server/bounded-fetch.ts'
import {
  discoveredEndpoint,
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

/** An endpoint whose metadata the test answers, or lets hang. */
function setup(more: { byCertificate?: boolean } = {}) {
  const clock = fakeClock()
  const closed = new AbortController()
  const answers: ((answer: object) => void)[] = []
  const events: (EndpointMovedEvent | DiscoveryFailedEvent)[] = []
  const endpoint = discoveredEndpoint({
    issuer: ISSUER,
    endpoint: 'introspection_endpoint',
    get: () =>
      new Promise<FetchedDocument>((resolve, reject) =>
        answers.push((answer) =>
          answer instanceof Error
            ? reject(answer)
            : resolve({ document: { ...answer }, maxAge: undefined, age: 0 }),
        ),
      ),
    isAcceptable: () => true,
    bounds: { clock, timeout: 3000, closed: closed.signal },
    publish: (type, getMembers) => void events.push({ type, ...getMembers() } as never),
    ...more,
  })
  async function known() {
    const found = Promise.resolve(endpoint.find())
    answers.at(-1)!(endpointAt('/token'))
    expect(await found).toBe(`${ISSUER}/token`)
    await settled()
  }
  return { clock, closed, answers, events, endpoint, known }
}

describe('an endpoint that is discovered', () => {
  it('is fetched once for callers at the same time', async () => {
    const { answers, endpoint } = setup()
    const found = Array.from({ length: 20 }, async () => endpoint.find())
    expect(answers).toHaveLength(1)
    answers[0]!(endpointAt('/token'))
    expect(new Set(await Promise.all(found))).toEqual(new Set([`${ISSUER}/token`]))
    expect(endpoint.find()).toBe(`${ISSUER}/token`)
  })

  it('is fetched again for a caller that comes while a search hangs', async () => {
    const { clock, answers, endpoint } = setup()
    const first = Promise.resolve(endpoint.find()).catch((error: Error) => error.message)
    clock.advance(0.5)
    const second = endpoint.find()
    answers[1]!(endpointAt('/token'))
    expect(await second).toBe(`${ISSUER}/token`)
    await clock.pass(3)
    expect(await first).toBe(`${ISSUER}/token`)
  })

  it('is known at once, and followed where it has moved, beside those who need it', async () => {
    const { clock, answers, events, endpoint, known } = setup()
    await known()
    clock.advance(AGE)
    for (let call = 0; call < 10; call++) expect(endpoint.find()).toBe(`${ISSUER}/token`)
    expect(answers).toHaveLength(2)
    answers[1]!(endpointAt('/new'))
    await settled()
    expect(endpoint.find()).toBe(`${ISSUER}/new`)
    expect(events).toEqual([MOVED])
  })

  it('stays known where its metadata hang, for as long as they do', async () => {
    const { clock, answers, events, endpoint, known } = setup()
    await known()
    for (let search = 1; search <= 3; search++) {
      clock.advance(AGE)
      expect(endpoint.find()).toBe(`${ISSUER}/token`)
      await clock.pass(3)
      expect(events).toHaveLength(search)
      expect(events.at(-1)).toMatchObject({ type: 'discovery_failed', failure: 'timeout' })
    }
    expect(answers).toHaveLength(4)
    expect(clock.pending()).toBe(0)
  })

  it('is waited for after forget, and is the known one if the metadata is unavailable', async () => {
    const { clock, answers, endpoint, known } = setup()
    await known()
    endpoint.forget()
    const found = endpoint.find()
    expect(found).toBeInstanceOf(Promise)
    answers[1]!(endpointAt('/new'))
    expect(await found).toBe(`${ISSUER}/new`)
    await settled()
    endpoint.forget()
    const again = endpoint.find()
    await clock.pass(3)
    expect(await again).toBe(`${ISSUER}/new`)
    expect(endpoint.find()).toBe(`${ISSUER}/new`)
  })

  it('is not fetched again after closing, which is not published as a failure', async () => {
    const { clock, closed, events, endpoint, known } = setup()
    await known()
    clock.advance(AGE)
    void endpoint.find()
    closed.abort()
    await settled()
    expect([events, clock.pending()]).toEqual([[], 0])
  })

  it('8705-14: is the one for certificates, where there is one', async () => {
    const { answers, endpoint } = setup({ byCertificate: true })
    const found = endpoint.find()
    const aliases = { introspection_endpoint: `${ISSUER}/mtls` }
    answers[0]!({ ...endpointAt('/token'), mtls_endpoint_aliases: aliases })
    expect(await found).toBe(`${ISSUER}/mtls`)
  })

  it('is waited for only briefly while it is in doubt: the metadata may hang', async () => {
    const { clock, answers, endpoint, known } = setup()
    await known()
    endpoint.forget()
    const found = endpoint.find()
    expect(answers).toHaveLength(2)
    await clock.pass(0.5)
    expect(await found).toBe(`${ISSUER}/token`)
  })

  it('is doubted once in five seconds, whatever is said of it', async () => {
    const { clock, answers, endpoint, known } = setup()
    await known()
    for (let i = 0; i < 50; i++) {
      endpoint.forget()
      const found = endpoint.find()
      if (answers.length === 2) answers[1]!(endpointAt('/token'))
      expect(await found).toBe(`${ISSUER}/token`)
      await settled()
      clock.advance(0.09)
    }
    expect(answers).toHaveLength(2)
    clock.advance(1)
    endpoint.forget()
    void endpoint.find()
    expect(answers).toHaveLength(3)
  })

  it('is not fetched again before Retry-After has passed, for ten seconds at most, however often forget is called', async () => {
    for (const [retryAfter, pause] of [
      ['7', 7],
      ['3600', 10],
      ['soon', 0],
    ] as const) {
      const { clock, answers, endpoint, known } = setup()
      await known()
      endpoint.forget()
      const found = endpoint.find()
      answers[1]!(new FetchError('status', 'status 429', { status: 429, retryAfter }))
      expect(await found).toBe(`${ISSUER}/token`)
      const begun = clock.monotonic()
      while (answers.length === 2 && clock.monotonic() - begun < 100_000) {
        clock.advance(0.5)
        endpoint.forget()
        void endpoint.find()
      }
      const waited = (clock.monotonic() - begun) / 1000
      expect([retryAfter, waited]).toEqual([retryAfter, Math.max(pause, 5)])
    }
  })

  it('is not fetched before Retry-After has passed if nothing is known: find rejects with the same error', async () => {
    for (const [retryAfter, pause] of [
      ['7', 7],
      ['3600', 10],
      ['soon', 0],
    ] as const) {
      const { clock, answers, endpoint } = setup()
      const limited = new FetchError('status', 'status 429', { status: 429, retryAfter })
      const first = Promise.resolve(endpoint.find())
      answers[0]!(limited)
      await expect(first).rejects.toBe(limited)
      await settled()
      for (let left = pause; left > 0; left -= 0.5) {
        const again = { message: 'status 429', status: 429, retryAfter: `${Math.ceil(left)}` }
        await expect(endpoint.find()).rejects.toMatchObject(again)
        clock.advance(0.5)
      }
      expect([retryAfter, answers.length]).toEqual([retryAfter, 1])
      const found = endpoint.find()
      answers[1]!(endpointAt('/token'))
      expect(await found).toBe(`${ISSUER}/token`)
    }
  })

  it('is fetched again at once if a later search was answered in the meantime', async () => {
    const { clock, answers, endpoint, known } = setup()
    await known()
    endpoint.forget()
    void endpoint.find()
    await clock.pass(0.5)
    void endpoint.find()
    answers[1]!(new FetchError('status', 'status 429', { status: 429, retryAfter: '60' }))
    answers[2]!(endpointAt('/token'))
    await settled()
    clock.advance(5)
    endpoint.forget()
    void endpoint.find()
    expect(answers).toHaveLength(4)
  })

  it('is not taken back by an older search that ends later', async () => {
    const { clock, answers, events, endpoint, known } = setup()
    await known()
    clock.advance(AGE)
    expect(endpoint.find()).toBe(`${ISSUER}/token`)
    clock.advance(1)
    endpoint.forget()
    const found = endpoint.find()
    answers[2]!(endpointAt('/new'))
    expect(await found).toBe(`${ISSUER}/new`)
    answers[1]!(endpointAt('/token'))
    await settled()
    expect(endpoint.find()).toBe(`${ISSUER}/new`)
    expect(events).toEqual([MOVED])
  })
})
