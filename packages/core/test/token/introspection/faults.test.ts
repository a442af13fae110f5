import { createTestIssuer } from '../../../../../test/support/issuer.ts'
import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { decodeJwt, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { settled } from '../../../../../test/support/fake-clock.ts'
import {
  type ReceivedRequest,
  introspectionServer,
  raw,
  type Script,
} from '../../../../../test/support/introspection-server.ts'
import { AUDIENCE } from '../../../../../test/support/issuer.ts'
import { closeOnReuse } from '../../../../../test/support/scripted-server.ts'
import type { Fetch, IntrospectionFailure } from '../../../src/index.ts'
import { BREAKER } from '../../../src/token/introspection/availability.ts'
import { ACTIVE, closing, issuing, setup, SECRET, summarizeOutcome } from './setup.ts'

const TOKEN = 'an-opaque-token'
const JSON_TEXT = JSON.stringify(ACTIVE)

/**
 * A fault of the server, the `failure` that is published, and the effect on the circuit breaker. Five faults of the kind
 * `outage` open the circuit breaker. Faults `of one token` do not, because the token may be the cause.
 */
type Fault = readonly [Script, IntrospectionFailure, 'outage' | 'of one token']

const status = (code: number, headers: Record<string, string> = {}): Script => {
  return ({ response }) => void response.writeHead(code, headers).end(JSON_TEXT)
}
const errorResponse =
  (error: string): Script =>
  ({ response }) => {
    response.writeHead(400, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error }))
  }
const drop = ({ response }: ReceivedRequest) => void response.destroy()
const cutOff = ({ response }: ReceivedRequest) => {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '500' })
  response.write(JSON_TEXT, () => response.destroy())
}

const FAULTS: Record<string, Fault> = {
  '7662-23: status 500': [status(500), 'status', 'of one token'],
  '7662-23: status 502': [status(502), 'status', 'outage'],
  '7662-23: status 503': [status(503), 'status', 'outage'],
  '7662-23: status 504': [status(504), 'status', 'outage'],
  'status 413': [status(413), 'token_refused', 'of one token'],
  'status 414': [status(414), 'token_refused', 'of one token'],
  'status 422': [status(422), 'token_refused', 'of one token'],
  'status 410': [status(410), 'status', 'of one token'],
  'status 404': [status(404), 'status', 'of one token'],
  'status 201': [status(201), 'status', 'of one token'],
  'status 204': [204, 'status', 'of one token'],
  '7662-23: status 429': [status(429), 'throttled', 'outage'],
  '7662-22: status 401': [status(401), 'credentials_refused', 'outage'],
  '7662-22: status 403': [status(403), 'credentials_refused', 'of one token'],
  'status 400': [status(400), 'token_refused', 'of one token'],
  ...Object.fromEntries(
    ['invalid_client', 'unauthorized_client'].map((error) => [
      `7662-22: status 400 with ${error}`,
      [errorResponse(error), 'credentials_refused', 'outage'] as Fault,
    ]),
  ),
  'status 400 with invalid_request': [
    errorResponse('invalid_request'),
    'token_refused',
    'of one token',
  ],
  'status 400 with an HTML page': [
    ({ response }) => {
      response.writeHead(400, { 'Content-Type': 'text/html' }).end('invalid_client')
    },
    'token_refused',
    'of one token',
  ],
  'a connection that is closed': [drop, 'unreachable', 'outage'],
  'a response that is cut off': [cutOff, 'unreachable', 'outage'],
  '7662-24: an HTML page': [raw('<html>', 'text/html'), 'content_type', 'of one token'],
  'JSON as plain text': [raw(JSON_TEXT, 'text/plain'), 'content_type', 'of one token'],
  'a signed response that was not requested': [
    raw('e30.e30.AA', 'application/token-introspection+jwt'),
    'content_type',
    'of one token',
  ],
  '7662-24: incomplete JSON': [raw('{"active":true'), 'malformed', 'of one token'],
  '7662-24: a JSON array': [raw('[{"active":true}]'), 'malformed', 'of one token'],
  '7662-24: an empty body': [raw(''), 'malformed', 'of one token'],
  'the JSON value null': [raw('null'), 'malformed', 'of one token'],
  'a duplicate member active': [raw('{"active":false,"active":true}'), 'malformed', 'of one token'],
  'a byte order mark': [raw(`\ufeff${JSON_TEXT}`), 'malformed', 'of one token'],
  'invalid UTF-8': [
    raw(Buffer.concat([Buffer.from('{"active":true,"x":"'), Buffer.of(0xff), Buffer.from('"}')])),
    'malformed',
    'of one token',
  ],
  'JSON that is nested 100 levels deep': [
    raw(`{"active":true,"x":${'['.repeat(100)}${']'.repeat(100)}}`),
    'malformed',
    'of one token',
  ],
  '7662-26: a gzip bomb': [
    raw(gzipSync(Buffer.alloc(50_000_000, ' ')), 'application/json', {
      'Content-Encoding': 'gzip',
    }),
    'too_large',
    'of one token',
  ],
  'a Content-Length that is too short': [
    ({ response }) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': '5' })
      response.end('{"act')
    },
    'malformed',
    'of one token',
  ],
  ...Object.fromEntries(
    [301, 302, 303, 307, 308].map((code) => [
      `7662-25: a redirect with ${code}`,
      [status(code, { Location: '/introspect/elsewhere' }), 'redirect', 'of one token'] as Fault,
    ]),
  ),
}

describe('a fault of the introspection endpoint', () => {
  const cases = Object.entries(FAULTS).map(([name, fault]) => [name, ...fault] as const)

  it.each(cases)(
    '%s: authorize refuses with 503, publishes $2 and caches nothing',
    async (_, script, failure) => {
      const { endpoint, send, getOutcome, failures, clock } = await setup(script)
      const outcome = await send(TOKEN)
      expect(summarizeOutcome(outcome)).toBe('503 introspection_unavailable')
      const { headers, body } = outcome as Extract<typeof outcome, { kind: 'refused' }>
      expect(headers['Retry-After']).toMatch(/^[1-9]\d*$/)
      expect(headers).not.toHaveProperty('WWW-Authenticate')
      expect(body).not.toContain('invalid_token')
      expect(failures()).toEqual([failure])
      const calls = script === drop ? 2 : 1
      expect(endpoint.requests.map(({ url }) => url)).toEqual(Array(calls).fill('/introspect'))

      endpoint.answer(ACTIVE)
      clock.advance(failure === 'throttled' ? 1 : 0)
      expect(await getOutcome(TOKEN)).toBe('granted')
    },
  )

  /** Causes a fault for six tokens. Returns the outcome for another token after the fault has ended. */
  async function getOutcomeAfterSix(script: Script): Promise<string> {
    const { endpoint, getOutcome } = await setup(script)
    for (let i = 0; i < 6; i++) await getOutcome(`token-${i}`)
    endpoint.answer(ACTIVE)
    return getOutcome(TOKEN)
  }

  it.each(cases.filter(([, , , kind]) => kind === 'outage'))(
    '%s: the circuit breaker is open after this fault has occurred for six tokens',
    async (_, script) => {
      expect(await getOutcomeAfterSix(script)).toBe('503 introspection_unavailable')
    },
  )

  it.each(cases.filter(([, , , kind]) => kind === 'of one token'))(
    '%s: the circuit breaker is closed after this fault has occurred for six tokens',
    async (_, script) => {
      expect(await getOutcomeAfterSix(script)).toBe('granted')
    },
  )
})

describe('an introspection endpoint that does not respond in time or in full', () => {
  it('7662-23: authorize refuses with 503 if the server refuses connections or the host of the introspection endpoint is unknown', async () => {
    const { endpoint, getOutcome, failures } = await setup(ACTIVE)
    await endpoint.close()
    expect(await getOutcome(TOKEN)).toBe('503 introspection_unavailable')
    const nowhere = await setup(ACTIVE, {
      introspection: { endpoint: 'https://as.invalid/introspect' },
    })
    expect(await nowhere.getOutcome(TOKEN)).toBe('503 introspection_unavailable')
    expect([...failures(), ...nowhere.failures()]).toEqual(['unreachable', 'unreachable'])
  })

  it.each<[string, (request: ReceivedRequest) => void]>([
    ['sends nothing', () => {}],
    [
      'sends only the header fields',
      ({ response }) => {
        response.writeHead(200, { 'Content-Type': 'application/json' })
        response.flushHeaders()
      },
    ],
    [
      'sends a part of the body',
      ({ response }) => {
        response.writeHead(200, { 'Content-Type': 'application/json' })
        response.write(JSON_TEXT.slice(0, 9))
      },
    ],
  ])(
    '7662-23: authorize refuses with 503 after three seconds if the introspection endpoint %s',
    async (_, script) => {
      const { clock, endpoint, getOutcome, failures, failed } = await setup(script)
      const answer = getOutcome(TOKEN)
      await endpoint.received(1)
      await settled()
      clock.advance(3)
      expect(await answer).toBe('503 introspection_unavailable')
      expect(failures()).toEqual(['timeout'])
      expect(failed()[0]!.detail).toBe(`${endpoint.url}/introspect: timed out after 3000 ms`)
      endpoint.answer(ACTIVE)
      expect(await getOutcome(TOKEN)).toBe('granted')
    },
  )

  it('7662-23: authorize refuses with 503 after the timeout if the introspection endpoint sends the body too slowly', async () => {
    let sent = 0
    const { clock, endpoint, getOutcome, failures } = await setup(({ response }) => {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      response.flushHeaders()
      // Sends one byte each time that the fake clock has advanced by 0.1 s.
      const drip = (): void => {
        if (response.destroyed) return
        response.write(JSON_TEXT.charAt(sent++))
        clock.after(100, drip)
      }
      drip()
    })
    const answer = getOutcome(TOKEN)
    await endpoint.received(1)
    await clock.pass(4)
    expect(await answer).toBe('503 introspection_unavailable')
    expect(failures()).toEqual(['timeout'])
    expect(sent).toBeLessThan(JSON_TEXT.length)
  })

  it('authorize makes only 96 introspection calls for 500 concurrent tokens if the endpoint does not respond', async () => {
    const { clock, endpoint, getOutcome } = await setup(() => {})
    const answers = Array.from({ length: 500 }, (_, i) => getOutcome(`token-${i}`))
    await endpoint.received(96)
    clock.advance(3)
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['503 introspection_unavailable']))
    expect(endpoint.requests).toHaveLength(96)
  })

  it('7662-26: authorize refuses with 503 after it has read less than 10 MB of an introspection response of 50 MB', async () => {
    let written = 0
    const chunk = Buffer.alloc(65_536, ' ')
    const pour = (response: ServerResponse): void => {
      while (!response.destroyed && written < 50_000_000) {
        written += chunk.length
        if (!response.write(chunk)) return void response.once('drain', () => pour(response))
      }
    }
    const { getOutcome, failures } = await setup(({ response }) => {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      pour(response)
    })
    expect(await getOutcome(TOKEN)).toBe('503 introspection_unavailable')
    expect(failures()).toEqual(['too_large'])
    expect(written).toBeLessThan(10_000_000)
  })

  it('authorize accepts an introspection response of 65536 bytes, and rejects a response of 65537 bytes', async () => {
    const padded = (size: number) => {
      const bare = JSON.stringify({ ...ACTIVE, x: '' }).length
      return raw(JSON.stringify({ ...ACTIVE, x: 'x'.repeat(size - bare) }))
    }
    const { endpoint, getOutcome } = await setup(padded(65_536))
    expect(await getOutcome('t1')).toBe('granted')
    endpoint.answer(padded(65_537))
    expect(await getOutcome('t2')).toBe('503 introspection_unavailable')
  })
})

describe('the metadata of the issuer', () => {
  const at = '/.well-known/openid-configuration'

  it.each<[string, (url: string) => Record<string, unknown>, IntrospectionFailure]>([
    [
      'another issuer',
      (url) => ({ issuer: `${url}/`, introspection_endpoint: url }),
      'issuer_mismatch',
    ],
    ['a missing introspection_endpoint', (url) => ({ issuer: url }), 'introspection_endpoint'],
    [
      '7662-05: an introspection_endpoint with http',
      (url) => ({ issuer: url, introspection_endpoint: 'http://as.example.com/introspect' }),
      'introspection_endpoint',
    ],
    [
      'an introspection_endpoint with a password',
      (url) => ({ issuer: url, introspection_endpoint: 'https://a:b@as.example.com/introspect' }),
      'introspection_endpoint',
    ],
  ])(
    '%s in the metadata: authorize refuses with 503, publishes $2 and makes no introspection call',
    async (_, document, failure) => {
      const { endpoint, getOutcome, failures } = await setup(ACTIVE, {
        others: (url) => ({ [at]: document(url) }),
      })
      expect(await getOutcome(TOKEN)).toBe('503 introspection_unavailable')
      expect(failures()).toEqual([failure])
      expect(endpoint.requests).toEqual([])
    },
  )

  it.each<[string, Script, IntrospectionFailure]>([
    ['status 400', 400, 'status'],
    ['status 403', 403, 'status'],
    ['an HTML page', raw('<html>', 'text/html'), 'content_type'],
  ])(
    'the circuit breaker opens after five discoveries that fail with %s',
    async (_, script, failure) => {
      const { endpoint, getOutcome, failures, failed } = await setup(ACTIVE, {
        others: () => ({ [at]: script, '/.well-known/oauth-authorization-server': script }),
      })
      for (let i = 0; i < 5; i++)
        expect(await getOutcome(`token-${i}`)).toBe('503 introspection_unavailable')
      expect(new Set(failures())).toEqual(new Set([failure]))
      const last = failed().at(-1)!
      expect(last.detail).toMatch(/^http:.*\.well-known.* \(set introspection\.endpoint\)$/)
      expect(last.pause).toBe(1)
      const visits = endpoint.otherPaths.length
      expect(await getOutcome(TOKEN)).toBe('503 introspection_unavailable')
      expect(endpoint.otherPaths).toHaveLength(visits)
      expect(endpoint.requests).toEqual([])
    },
  )

  it('authorize refuses with 503 if the metadata does not arrive in three seconds, and the event names the metadata', async () => {
    const { clock, endpoint, getOutcome, events } = await setup(ACTIVE, {
      others: () => ({ [at]: () => {} }),
    })
    const answer = getOutcome(TOKEN)
    await endpoint.waitForOtherPaths(1)
    await settled()
    clock.advance(3)
    expect(await answer).toBe('503 introspection_unavailable')
    expect(events).toContainEqual(
      expect.objectContaining({
        failure: 'timeout',
        detail: `the metadata of ${endpoint.url}: timed out after 3000 ms (set introspection.endpoint)`,
      }),
    )
  })

  it('authorize refuses with 503 if the introspection_endpoint is on loopback and the issuer is not on loopback', async () => {
    const issuer = 'https://as.example.com'
    const urls: string[] = []
    const { getOutcome, failures } = await setup(ACTIVE, {
      issuer: { issuer },
      options: {
        fetch: async (url) => {
          urls.push(url)
          return Response.json({
            issuer,
            introspection_endpoint: 'http://127.0.0.1:9200/introspect',
          })
        },
      },
    })
    expect(await getOutcome(TOKEN)).toBe('503 introspection_unavailable')
    expect(failures()).toEqual(['introspection_endpoint'])
    expect(urls.filter((url) => url.startsWith('http://127'))).toEqual([])
  })

  it('authorize fetches the metadata once and again after five minutes, and keeps the known endpoint if the second fetch fails', async () => {
    let isValid = true
    const { clock, endpoint, getOutcome, events } = await setup(ACTIVE, {
      others: (url) => (isValid ? {} : { [at]: { issuer: `${url}/another` } }),
    })
    await Promise.all(Array.from({ length: 20 }, (_, i) => getOutcome(`token-${i}`)))
    expect(endpoint.otherPaths).toEqual([at])
    clock.advance(299)
    await getOutcome('t1')
    expect(endpoint.otherPaths).toHaveLength(1)
    isValid = false
    clock.advance(1)
    expect(await getOutcome('t2')).toBe('granted')
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'discovery_failed', failure: 'issuer_mismatch' }),
    )
  })

  it('authorize grants a token without delay while the second fetch of the metadata gets no response', async () => {
    let isHanging = false
    const { clock, endpoint, getOutcome, events } = await setup(ACTIVE, {
      others: () => (isHanging ? { [at]: () => undefined } : {}),
    })
    await getOutcome('t1')
    isHanging = true
    clock.advance(300)
    for (let i = 0; i < 10; i++) expect(await getOutcome(`token-${i}`)).toBe('granted')
    expect(endpoint.otherPaths).toEqual([at, at])
    await clock.pass(3)
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'discovery_failed', failure: 'timeout' }),
    )
  })

  it.each([404, 410])(
    'authorize uses the new introspection_endpoint of the metadata after the old endpoint has responded with %d',
    async (gone) => {
      let path = '/introspect/v1'
      const { endpoint, getOutcome, events } = await setup(ACTIVE, {
        others: (url) => ({ [at]: { issuer: url, introspection_endpoint: url + path } }),
      })
      await getOutcome('t1')
      path = '/introspect/v2'
      endpoint.answer(({ url }) => (url === path ? ACTIVE : gone))
      expect(await getOutcome('t2')).toBe('503 introspection_unavailable')
      expect(await getOutcome('t3')).toBe('granted')
      const { url } = endpoint
      expect(events).toContainEqual({
        type: 'introspection_moved',
        issuer: url,
        from: `${url}/introspect/v1`,
        to: `${url}/introspect/v2`,
      })
    },
  )
})

describe('the circuit breaker of introspection', () => {
  it('the circuit breaker opens after five consecutive failures, and closes after a successful probe', async () => {
    const { clock, endpoint, getOutcome, failed, events } = await setup(503)
    await getOutcome('token-0')
    // The token may be the cause, so a failure is counted only if a probe also fails. The result of a probe is valid for five
    // seconds.
    while (!events.some(({ type }) => type === 'introspection_probed')) await settled()
    for (let i = 1; i < 5; i++) await getOutcome(`token-${i}`)
    expect(endpoint.requests).toHaveLength(6)
    expect(await getOutcome(TOKEN)).toBe('503 introspection_unavailable')
    expect(endpoint.requests).toHaveLength(6)
    expect(failed().map(({ pause }) => pause)).toEqual([0, 0, 0, 0, 1])

    clock.advance(1)
    await getOutcome(TOKEN)
    expect(endpoint.requests).toHaveLength(7)
    clock.advance(1)
    await getOutcome(TOKEN)
    expect(endpoint.requests).toHaveLength(7)

    clock.advance(1)
    let answer = () => {}
    endpoint.answer(
      ({ response }) => void (answer = () => raw(JSON_TEXT)({ response } as ReceivedRequest)),
    )
    const trial = getOutcome(TOKEN)
    await endpoint.received(8)
    expect(await getOutcome('another')).toBe('503 introspection_unavailable')
    expect(endpoint.requests).toHaveLength(8)
    endpoint.answer(ACTIVE)
    answer()
    expect(await trial).toBe('granted')
    expect(await getOutcome('another')).toBe('granted')
  })

  it('7662-23: the circuit breaker stays open for the time of Retry-After, but not longer than five minutes', async () => {
    for (const [retryAfter, seconds] of [
      ['17', 17],
      ['100000', 300],
      ['Sun, 17 Mar 2030 17:47:00 GMT', 20],
    ] as const) {
      const limited = status(429, { 'Retry-After': retryAfter })
      const { clock, endpoint, send, getOutcome } = await setup(limited)
      const outcome = await send(TOKEN)
      expect((outcome as { headers: object }).headers).toMatchObject({
        'Retry-After': String(seconds),
      })
      endpoint.answer(ACTIVE)
      clock.advance(seconds - 0.5)
      expect(await getOutcome(TOKEN)).toBe('503 introspection_unavailable')
      expect(endpoint.requests).toHaveLength(1)
      clock.advance(0.5)
      expect(await getOutcome(TOKEN)).toBe('granted')
    }
  })

  it('authorize grants a token with a cached introspection response while the circuit breaker is open', async () => {
    const { endpoint, getOutcome } = await setup(ACTIVE)
    expect(await getOutcome(TOKEN)).toBe('granted')
    endpoint.answer(503)
    for (let i = 0; i < 6; i++) await getOutcome(`token-${i}`)
    expect(await getOutcome(TOKEN)).toBe('granted')
    endpoint.answer(ACTIVE)
    expect(await getOutcome('another')).toBe('503 introspection_unavailable')
  })

  it('a valid response resets the failure count of the circuit breaker', async () => {
    const { endpoint, getOutcome } = await setup(503)
    for (let i = 0; i < 4; i++) await getOutcome(`token-${i}`)
    endpoint.answer(ACTIVE)
    await getOutcome('another')
    endpoint.answer(503)
    for (let i = 0; i < 4; i++) await getOutcome(`token-${i}`)
    endpoint.answer(ACTIVE)
    expect(await getOutcome(TOKEN)).toBe('granted')
  })

  const BLOCKED = '../../../etc/passwd'
  const outage = ({ form }: { form: URLSearchParams }) =>
    form.get('token') === BLOCKED ? 403 : 503

  it('the circuit breaker opens in an outage, and permits fewer than 20 calls in a minute, even if one token gets 403', async () => {
    const { clock, endpoint, getOutcome } = await setup(outage)
    for (let i = 0; i < 40; i++) await getOutcome(i % 4 === 3 ? BLOCKED : `token-${i}`)
    expect(endpoint.requests.length).toBeLessThan(8)
    const before = endpoint.requests.length
    for (let second = 0; second < 60; second++) {
      clock.advance(1)
      await getOutcome(BLOCKED)
      for (let i = 0; i < 5; i++) await getOutcome(`token-${second}-${i}`)
    }
    // Each pause ends with one probe. The probe fails, so the next pause begins, and no token is sent.
    expect(endpoint.requests.length - before).toBeLessThan(20)
  })

  it('the circuit breaker closes after a pause if the server responds to the probe with 403', async () => {
    const { clock, endpoint, getOutcome } = await setup(503)
    for (let i = 0; i < 5; i++) await getOutcome(`token-${i}`)
    endpoint.answer(403)
    clock.advance(1)
    await getOutcome(BLOCKED)
    endpoint.answer(ACTIVE)
    expect(await getOutcome(TOKEN)).toBe('granted')
  })

  it.each(['0', '-1', 'soon', 'Sat, 17 Mar 2029 17:47:00 GMT'])(
    'the circuit breaker increases its pauses as usual if Retry-After is unusable: %s',
    async (retryAfter) => {
      const limited = status(429, { 'Retry-After': retryAfter })
      const { clock, endpoint, getOutcome } = await setup(limited)
      for (let i = 0; i < 10; i++) await getOutcome(TOKEN)
      expect(endpoint.requests).toHaveLength(5)
      for (let second = 0; second < 60; second++) {
        await getOutcome(TOKEN)
        clock.advance(1)
      }
      // Further calls are made after pauses of 1, 2, 4, 8 and 16 seconds. The next pause lasts 30 seconds.
      expect(endpoint.requests).toHaveLength(5 + 5)
    },
  )
})

describe('events of failed calls', () => {
  it('introspection_failed contains the address of the endpoint without its query, which may contain an API key', async () => {
    const server = closing(await introspectionServer(500))
    const { getOutcome, events, failed } = await setup(500, {
      server,
      introspection: { endpoint: `${server.url}/introspect?apikey=${SECRET}` },
    })
    for (const answer of [
      500,
      302,
      raw('<html>', 'text/html'),
      raw('{'),
      raw('{}'),
      errorResponse('invalid_client'),
    ]) {
      server.answer(answer)
      await getOutcome(TOKEN)
    }
    const details = failed().map(({ detail }) => detail)
    expect(details).toHaveLength(6)
    for (const detail of details) expect(detail).toMatch(`${server.url}/introspect: `)
    expect(server.requests[0]!.url).toContain(SECRET)
    expect(JSON.stringify(events)).not.toContain(SECRET)
  })
})

describe('the credentials of the API', () => {
  it('7662-22: a refusal contains no invalid_token and no challenge of the introspection endpoint if this endpoint rejects the credentials of the API', async () => {
    const { send, events } = await setup(status(401, { 'WWW-Authenticate': 'Basic realm="as"' }))
    const outcome = await send(TOKEN)
    expect(inspect(outcome)).not.toMatch(/invalid_token|Basic/)
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'introspection_failed', failure: 'credentials_refused' }),
    )
  })

  it('outcomes, events and status() never contain the secret, even if the function for the secret fails', async () => {
    const failing = () => {
      throw new Error(`the vault returned ${SECRET}`)
    }
    const rejecting = async () => Promise.reject(new Error(SECRET))
    const empty = async () => ''
    const nothing = async () => undefined as unknown as string
    for (const secret of [failing, rejecting, empty, nothing, SECRET]) {
      const { send, events, server, failures } = await setup(drop, {
        introspection: { clientAuthentication: { method: 'client_secret_basic', secret } },
      })
      const outcome = await send(TOKEN)
      expect(summarizeOutcome(outcome)).toBe('503 introspection_unavailable')
      const expected = secret === SECRET ? 'unreachable' : 'credentials_unavailable'
      expect(failures()).toEqual([expected])
      const dump = inspect([outcome, events, server, server.status()], { depth: 20 })
      expect(dump).not.toContain(SECRET)
      expect(JSON.stringify([outcome, events, server.status()])).not.toContain(SECRET)
      expect(dump).not.toContain(Buffer.from(`the-api:${SECRET}`).toString('base64'))
    }
  })
})

describe('close', () => {
  it('close() aborts running introspection calls with 503, and prevents further calls', async () => {
    const { endpoint, getOutcome, server } = await setup(() => {})
    const pending = getOutcome(TOKEN)
    await endpoint.received(1)
    server.close()
    expect(await pending).toBe('503 introspection_unavailable')
    expect(await getOutcome('another')).toBe('503 introspection_unavailable')
    expect(endpoint.requests).toHaveLength(1)
  })
})

describe('a kept-alive connection that the server closes', () => {
  it('authorize repeats an introspection call once with a new assertion after the server has closed a reused connection', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const clientAuthentication = {
      method: 'private_key_jwt',
      key: privateKey,
      algorithm: 'ES256',
    } as const
    const used = new Set<unknown>()
    const strict = ({ form }: ReceivedRequest) => {
      const { jti } = decodeJwt(form.get('client_assertion')!)
      return used.has(jti) ? 401 : (used.add(jti), ACTIVE)
    }
    const server = closing(await introspectionServer(closeOnReuse(strict)))
    const { endpoint, getOutcome, failures } = await setup(ACTIVE, {
      server,
      introspection: { clientAuthentication, endpoint: `${server.url}/introspect` },
    })
    expect(await getOutcome('one')).toBe('granted')
    await settled()
    expect(await getOutcome('two')).toBe('granted')
    expect(endpoint.requests.map(({ form }) => form.get('token'))).toEqual(['one', 'two', 'two'])
    expect(used.size).toBe(3)
    expect(failures()).toEqual([])
  })

  it('introspection_failed describes the failure of the first call if the function assertion returns no second assertion', async () => {
    const assertions = ['the-only-one']
    const { endpoint, getOutcome, failures } = await setup(drop, {
      introspection: {
        clientAuthentication: { method: 'private_key_jwt', assertion: () => assertions.shift() },
      },
    })
    expect(await getOutcome(TOKEN)).toBe('503 introspection_unavailable')
    expect([endpoint.requests.length, failures()]).toEqual([1, ['unreachable']])
  })

  it('the circuit breaker counts an introspection call and its repetition as one failure', async () => {
    const { endpoint, getOutcome, failures } = await setup(drop)
    for (let i = 0; i < BREAKER.failures - 1; i++) await getOutcome(`token-${i}`)
    endpoint.answer(ACTIVE)
    expect(await getOutcome(TOKEN)).toBe('granted')
    endpoint.answer(drop)
    endpoint.requests.length = 0
    for (let i = 0; i < BREAKER.failures + 1; i++) await getOutcome(`again-${i}`)
    expect(endpoint.requests).toHaveLength(2 * BREAKER.failures)
    expect(failures()).toHaveLength(2 * BREAKER.failures - 1)
  })
})

describe('a custom fetch', () => {
  it('authorize calls a custom fetch for introspection, and events do not contain the token from an error of this fetch', async () => {
    const calls: Parameters<Fetch>[] = []
    const own: Fetch = async (url, init) => {
      calls.push([url, init])
      return Response.json({ ...ACTIVE, aud: AUDIENCE })
    }
    const introspection = { endpoint: 'https://as.example.com/introspect' }
    const good = await setup(ACTIVE, { introspection, options: { fetch: own } })
    expect(await good.getOutcome(TOKEN)).toBe('granted')
    const [url, init] = calls[0]!
    expect(url).toBe('https://as.example.com/introspect')
    expect(init).toMatchObject({ method: 'POST', redirect: 'manual' })
    expect(init.body).toBe(`token=${TOKEN}`)

    const bad = await setup(ACTIVE, {
      introspection,
      options: { fetch: () => Promise.reject(new Error(`no proxy for ${TOKEN}`)) },
    })
    expect(await bad.getOutcome(TOKEN)).toBe('503 introspection_unavailable')
    expect(JSON.stringify(bad.events)).not.toContain(TOKEN)
  })
})

describe('status 400 of introspection', () => {
  const unsupported = errorResponse('unsupported_token_type')

  it('a token gets 401 inactive after the error unsupported_token_type, which is not counted as a failure', async () => {
    const { clock, endpoint, getOutcome, failures, events } = await setup(unsupported)
    for (let i = 0; i < 20; i++) expect(await getOutcome(`unknown-${i}`)).toBe('401 inactive')
    const issuer = createTestIssuer({ issuer: endpoint.url, now: clock.seconds })
    expect(await getOutcome(issuer.token())).toBe('401 inactive')
    expect(failures()).toEqual([])
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'introspection_called', active: false }),
    )
    endpoint.answer(ACTIVE)
    expect(await getOutcome(TOKEN)).toBe('granted')
  })

  it('a token gets 401 inactive after status 400 only if it was never active and another token got status 200 in the last minute', async () => {
    const { clock, endpoint, getOutcome, failures } = await setup(ACTIVE)
    expect(await getOutcome('a-good-one')).toBe('granted')
    endpoint.answer(errorResponse('invalid_request'))
    clock.advance(59)
    expect(await getOutcome('x/../../../etc/passwd')).toBe('401 inactive')
    expect(failures()).toEqual([])
    // This token was active earlier, and no other token got a response with status 200.
    clock.advance(0.5)
    expect(await getOutcome('a-good-one')).toBe('503 introspection_unavailable')
    clock.advance(0.5)
    expect(await getOutcome('x/../../../etc/passwd')).toBe('503 introspection_unavailable')
    expect(failures()).toEqual(['token_refused', 'token_refused'])
  })

  it('a JWT gets 503 after the error unsupported_token_type if tokenFormat is jwt or any', async () => {
    const jwt = await issuing('jwt')
    jwt.endpoint.answer(unsupported)
    expect(await jwt.getOutcome(jwt.token(), { introspect: true })).toBe(
      '503 introspection_unavailable',
    )
    expect(jwt.failures()).toEqual(['token_unsupported'])
    const any = await issuing('any', {
      issuer: { jwks: undefined, jwksUri: 'http://127.0.0.1:9/' } as never,
    })
    any.endpoint.answer(unsupported)
    expect(await any.getOutcome(any.token())).toMatch(/^503/)
    expect(await any.getOutcome('an-opaque-one')).toBe('401 inactive')
  })
})
