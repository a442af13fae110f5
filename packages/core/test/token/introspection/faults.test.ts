import { createTestIssuer } from '../../../../../test/support/issuer.ts'
import type { ServerResponse } from 'node:http'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { decodeJwt, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { settled } from '../../../../../test/support/fake-clock.ts'
import {
  type Asked,
  introspectionServer,
  raw,
  type Script,
} from '../../../../../test/support/introspection-server.ts'
import { AUDIENCE } from '../../../../../test/support/issuer.ts'
import { closingWhenUsedAgain } from '../../../../../test/support/scripted-server.ts'
import type { Fetch, IntrospectionFailure } from '../../../src/index.ts'
import { BREAKER } from '../../../src/token/introspection/circuit-breaker.ts'
import { ACTIVE, closing, issuing, setup, SECRET, summarizeOutcome } from './setup.ts'

const TOKEN = 'an-opaque-token'
const JSON_TEXT = JSON.stringify(ACTIVE)

/**
 * Whether nobody gets an answer now, so that the circuit opens after five in a row; or whether the server has
 * answered, and it may be due to this one token.
 */
type Fault = readonly [Script, IntrospectionFailure, 'outage' | 'of one token']

const status = (code: number, headers: Record<string, string> = {}): Script => {
  return ({ response }) => void response.writeHead(code, headers).end(JSON_TEXT)
}
const refusal =
  (error: string): Script =>
  ({ response }) => {
    response.writeHead(400, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error }))
  }
const drop = ({ response }: Asked) => void response.destroy()
const half = ({ response }: Asked) => {
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
      [refusal(error), 'credentials_refused', 'outage'] as Fault,
    ]),
  ),
  'status 400 with invalid_request': [refusal('invalid_request'), 'token_refused', 'of one token'],
  'status 400 with a page of HTML': [
    ({ response }) => {
      response.writeHead(400, { 'Content-Type': 'text/html' }).end('invalid_client')
    },
    'token_refused',
    'of one token',
  ],
  'a connection that is closed': [drop, 'unreachable', 'outage'],
  'an answer that breaks off': [half, 'unreachable', 'outage'],
  '7662-24: a page of HTML': [raw('<html>', 'text/html'), 'content_type', 'of one token'],
  'JSON as plain text': [raw(JSON_TEXT, 'text/plain'), 'content_type', 'of one token'],
  'a signed answer, unasked': [
    raw('e30.e30.AA', 'application/token-introspection+jwt'),
    'content_type',
    'of one token',
  ],
  '7662-24: no JSON': [raw('{"active":true'), 'malformed', 'of one token'],
  '7662-24: a JSON array': [raw('[{"active":true}]'), 'malformed', 'of one token'],
  '7662-24: nothing': [raw(''), 'malformed', 'of one token'],
  'a null': [raw('null'), 'malformed', 'of one token'],
  'active written twice': [raw('{"active":false,"active":true}'), 'malformed', 'of one token'],
  'a byte order mark': [raw(`\ufeff${JSON_TEXT}`), 'malformed', 'of one token'],
  'bytes that are no UTF-8': [
    raw(Buffer.concat([Buffer.from('{"active":true,"x":"'), Buffer.of(0xff), Buffer.from('"}')])),
    'malformed',
    'of one token',
  ],
  'a nest without a floor': [
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
  'a length that is a lie': [
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

describe.each(Object.entries(FAULTS))('%s', (_, [script, failure, kind]) => {
  it('is answered with 503, published, and not cached', async () => {
    const { endpoint, send, judge, failures, clock } = await setup(script)
    const outcome = await send(TOKEN)
    expect(summarizeOutcome(outcome)).toBe('503 introspection_unavailable')
    const { headers, body } = outcome as Extract<typeof outcome, { kind: 'refused' }>
    expect(headers['Retry-After']).toMatch(/^[1-9]\d*$/)
    expect(headers).not.toHaveProperty('WWW-Authenticate')
    expect(body).not.toContain('invalid_token')
    expect(failures()).toEqual([failure])
    const calls = script === drop ? 2 : 1
    expect(endpoint.asked.map(({ url }) => url)).toEqual(Array(calls).fill('/introspect'))

    endpoint.answer(ACTIVE)
    clock.advance(failure === 'throttled' ? 1 : 0)
    expect(await judge(TOKEN)).toBe('granted')
  })

  it(`is a fault ${kind}`, async () => {
    const { endpoint, judge } = await setup(script)
    for (let i = 0; i < 6; i++) await judge(`token-${i}`)
    endpoint.answer(ACTIVE)
    const expected = kind === 'outage' ? '503 introspection_unavailable' : 'granted'
    expect(await judge(TOKEN)).toBe(expected)
  })
})

describe('a server that cannot be reached', () => {
  it('7662-23: is answered with 503, whether it refuses connections or has no address', async () => {
    const { endpoint, judge, failures } = await setup(ACTIVE)
    await endpoint.close()
    expect(await judge(TOKEN)).toBe('503 introspection_unavailable')
    const nowhere = await setup(ACTIVE, {
      introspection: { endpoint: 'https://as.invalid/introspect' },
    })
    expect(await nowhere.judge(TOKEN)).toBe('503 introspection_unavailable')
    expect([...failures(), ...nowhere.failures()]).toEqual(['unreachable', 'unreachable'])
  })

  it.each<[string, (asked: Asked) => void]>([
    ['says nothing', () => {}],
    [
      'stops after the header',
      ({ response }) => {
        response.writeHead(200, { 'Content-Type': 'application/json' })
        response.flushHeaders()
      },
    ],
    [
      'stops in the middle',
      ({ response }) => {
        response.writeHead(200, { 'Content-Type': 'application/json' })
        response.write(JSON_TEXT.slice(0, 9))
      },
    ],
  ])('7662-23: is answered with 503 after the timeout where it %s', async (_, script) => {
    const { clock, endpoint, judge, failures, failed } = await setup(script)
    const answer = judge(TOKEN)
    await endpoint.received(1)
    await settled()
    clock.advance(3)
    expect(await answer).toBe('503 introspection_unavailable')
    expect(failures()).toEqual(['timeout'])
    expect(failed()[0]!.detail).toBe(`${endpoint.url}/introspect: timed out after 3000 ms`)
    endpoint.answer(ACTIVE)
    expect(await judge(TOKEN)).toBe('granted')
  })

  it('7662-23: is answered with 503 after the timeout, however busily it sends a byte at a time', async () => {
    let sent = 0
    const { clock, endpoint, judge, failures } = await setup(({ response }) => {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      response.flushHeaders()
      // A byte in each tenth of a second of the clock that the resource server goes by.
      const drip = (): void => {
        if (response.destroyed) return
        response.write(JSON_TEXT.charAt(sent++))
        clock.after(100, drip)
      }
      drip()
    })
    const answer = judge(TOKEN)
    await endpoint.received(1)
    await clock.pass(4)
    expect(await answer).toBe('503 introspection_unavailable')
    expect(failures()).toEqual(['timeout'])
    expect(sent).toBeLessThan(JSON_TEXT.length)
  })

  it('gets as many calls as may run at once, however long it hangs', async () => {
    const { clock, endpoint, judge } = await setup(() => {})
    const answers = Array.from({ length: 500 }, (_, i) => judge(`token-${i}`))
    await endpoint.received(96)
    clock.advance(3)
    expect(new Set(await Promise.all(answers))).toEqual(new Set(['503 introspection_unavailable']))
    expect(endpoint.asked).toHaveLength(96)
  })

  it('7662-26: is read no further than the limit', async () => {
    let written = 0
    const chunk = Buffer.alloc(65_536, ' ')
    const pour = (response: ServerResponse): void => {
      while (!response.destroyed && written < 50_000_000) {
        written += chunk.length
        if (!response.write(chunk)) return void response.once('drain', () => pour(response))
      }
    }
    const { judge, failures } = await setup(({ response }) => {
      response.writeHead(200, { 'Content-Type': 'application/json' })
      pour(response)
    })
    expect(await judge(TOKEN)).toBe('503 introspection_unavailable')
    expect(failures()).toEqual(['too_large'])
    expect(written).toBeLessThan(10_000_000)
  })

  it('reads an answer of up to 65536 bytes', async () => {
    const padded = (size: number) => {
      const bare = JSON.stringify({ ...ACTIVE, x: '' }).length
      return raw(JSON.stringify({ ...ACTIVE, x: 'x'.repeat(size - bare) }))
    }
    const { endpoint, judge } = await setup(padded(65_536))
    expect(await judge('t1')).toBe('granted')
    endpoint.answer(padded(65_537))
    expect(await judge('t2')).toBe('503 introspection_unavailable')
  })
})

describe('the metadata', () => {
  const at = '/.well-known/openid-configuration'

  it.each<[string, (url: string) => Record<string, unknown>, IntrospectionFailure]>([
    [
      'is for another issuer',
      (url) => ({ issuer: `${url}/`, introspection_endpoint: url }),
      'issuer_mismatch',
    ],
    ['names no endpoint', (url) => ({ issuer: url }), 'introspection_endpoint'],
    [
      '7662-05: names one over plain http',
      (url) => ({ issuer: url, introspection_endpoint: 'http://as.example.com/introspect' }),
      'introspection_endpoint',
    ],
    [
      'names one with a password in it',
      (url) => ({ issuer: url, introspection_endpoint: 'https://a:b@as.example.com/introspect' }),
      'introspection_endpoint',
    ],
  ])('leads to 503 where it %s', async (_, document, failure) => {
    const { endpoint, judge, failures } = await setup(ACTIVE, {
      others: (url) => ({ [at]: document(url) }),
    })
    expect(await judge(TOKEN)).toBe('503 introspection_unavailable')
    expect(failures()).toEqual([failure])
    expect(endpoint.asked).toEqual([])
  })

  it.each<[string, Script, IntrospectionFailure]>([
    ['answers with 400', 400, 'status'],
    ['answers with 403', 403, 'status'],
    ['is a page', raw('<html>', 'text/html'), 'content_type'],
  ])(
    'is no answer about a token: five times in a row it %s, and it is left alone',
    async (_, script, failure) => {
      const { endpoint, judge, failures, failed } = await setup(ACTIVE, {
        others: () => ({ [at]: script, '/.well-known/oauth-authorization-server': script }),
      })
      for (let i = 0; i < 5; i++)
        expect(await judge(`token-${i}`)).toBe('503 introspection_unavailable')
      expect(new Set(failures())).toEqual(new Set([failure]))
      const last = failed().at(-1)!
      expect(last.detail).toMatch(/^http:.*\.well-known.* \(set introspection\.endpoint\)$/)
      expect(last.pause).toBe(1)
      const visits = endpoint.visited.length
      expect(await judge(TOKEN)).toBe('503 introspection_unavailable')
      expect(endpoint.visited).toHaveLength(visits)
      expect(endpoint.asked).toEqual([])
    },
  )

  it('is looked for no longer than a call may take, and is named then', async () => {
    const { clock, endpoint, judge, events } = await setup(ACTIVE, {
      others: () => ({ [at]: () => {} }),
    })
    const answer = judge(TOKEN)
    await endpoint.visiting(1)
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

  it('leads to no service of this machine, unless the issuer is one itself', async () => {
    const issuer = 'https://as.example.com'
    const asked: string[] = []
    const { judge, failures } = await setup(ACTIVE, {
      issuer: { issuer },
      options: {
        fetch: async (url) => {
          asked.push(url)
          return Response.json({
            issuer,
            introspection_endpoint: 'http://127.0.0.1:9200/introspect',
          })
        },
      },
    })
    expect(await judge(TOKEN)).toBe('503 introspection_unavailable')
    expect(failures()).toEqual(['introspection_endpoint'])
    expect(asked.filter((url) => url.startsWith('http://127'))).toEqual([])
  })

  it('is asked for once by many, again after five minutes, and survives an outage of itself', async () => {
    let documents = true
    const { clock, endpoint, judge, events } = await setup(ACTIVE, {
      others: (url) => (documents ? {} : { [at]: { issuer: `${url}/another` } }),
    })
    await Promise.all(Array.from({ length: 20 }, (_, i) => judge(`token-${i}`)))
    expect(endpoint.visited).toEqual([at])
    clock.advance(299)
    await judge('t1')
    expect(endpoint.visited).toHaveLength(1)
    documents = false
    clock.advance(1)
    expect(await judge('t2')).toBe('granted')
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'discovery_failed', failure: 'issuer_mismatch' }),
    )
  })

  it('may hang: where the endpoint is known, nobody waits', async () => {
    let isHanging = false
    const { clock, endpoint, judge, events } = await setup(ACTIVE, {
      others: () => (isHanging ? { [at]: () => undefined } : {}),
    })
    await judge('t1')
    isHanging = true
    clock.advance(300)
    for (let i = 0; i < 10; i++) expect(await judge(`token-${i}`)).toBe('granted')
    expect(endpoint.visited).toEqual([at, at])
    await clock.pass(3)
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'discovery_failed', failure: 'timeout' }),
    )
  })

  it.each([404, 410])(
    'is followed where it names another endpoint, and asked at once where that is gone: %d',
    async (gone) => {
      let path = '/introspect/v1'
      const { endpoint, judge, events } = await setup(ACTIVE, {
        others: (url) => ({ [at]: { issuer: url, introspection_endpoint: url + path } }),
      })
      await judge('t1')
      path = '/introspect/v2'
      endpoint.answer(({ url }) => (url === path ? ACTIVE : gone))
      expect(await judge('t2')).toBe('503 introspection_unavailable')
      expect(await judge('t3')).toBe('granted')
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

describe('the circuit breaker', () => {
  it('opens after five failures in a row, and a probe decides when its pause is over', async () => {
    const { clock, endpoint, judge, failed, events } = await setup(503)
    await judge('token-0')
    // What fails may be due to the token, unless a probe fails, too. It is good for five seconds.
    while (!events.some(({ type }) => type === 'introspection_probed')) await settled()
    for (let i = 1; i < 5; i++) await judge(`token-${i}`)
    expect(endpoint.asked).toHaveLength(6)
    expect(await judge(TOKEN)).toBe('503 introspection_unavailable')
    expect(endpoint.asked).toHaveLength(6)
    expect(failed().map(({ pause }) => pause)).toEqual([0, 0, 0, 0, 1])

    clock.advance(1)
    await judge(TOKEN)
    expect(endpoint.asked).toHaveLength(7)
    clock.advance(1)
    await judge(TOKEN)
    expect(endpoint.asked).toHaveLength(7)

    clock.advance(1)
    let answer = () => {}
    endpoint.answer(({ response }) => void (answer = () => raw(JSON_TEXT)({ response } as Asked)))
    const trial = judge(TOKEN)
    await endpoint.received(8)
    expect(await judge('another')).toBe('503 introspection_unavailable')
    expect(endpoint.asked).toHaveLength(8)
    endpoint.answer(ACTIVE)
    answer()
    expect(await trial).toBe('granted')
    expect(await judge('another')).toBe('granted')
  })

  it('7662-23: stays open for as long as the server asks, at most five minutes', async () => {
    for (const [retryAfter, seconds] of [
      ['17', 17],
      ['100000', 300],
      ['Sun, 17 Mar 2030 17:47:00 GMT', 20],
    ] as const) {
      const limited = status(429, { 'Retry-After': retryAfter })
      const { clock, endpoint, send, judge } = await setup(limited)
      const outcome = await send(TOKEN)
      expect((outcome as { headers: object }).headers).toMatchObject({
        'Retry-After': String(seconds),
      })
      endpoint.answer(ACTIVE)
      clock.advance(seconds - 0.5)
      expect(await judge(TOKEN)).toBe('503 introspection_unavailable')
      expect(endpoint.asked).toHaveLength(1)
      clock.advance(0.5)
      expect(await judge(TOKEN)).toBe('granted')
    }
  })

  it('keeps the cached answers in use', async () => {
    const { endpoint, judge } = await setup(ACTIVE)
    expect(await judge(TOKEN)).toBe('granted')
    endpoint.answer(503)
    for (let i = 0; i < 6; i++) await judge(`token-${i}`)
    expect(await judge(TOKEN)).toBe('granted')
  })

  it('starts to count again after every valid answer', async () => {
    const { endpoint, judge } = await setup(503)
    for (let i = 0; i < 4; i++) await judge(`token-${i}`)
    endpoint.answer(ACTIVE)
    await judge('another')
    endpoint.answer(503)
    for (let i = 0; i < 4; i++) await judge(`token-${i}`)
    endpoint.answer(ACTIVE)
    expect(await judge(TOKEN)).toBe('granted')
  })

  const NASTY = '../../../etc/passwd'
  const outage = ({ form }: { form: URLSearchParams }) => (form.get('token') === NASTY ? 403 : 503)

  it('is not held closed in an outage by tokens that get another answer', async () => {
    const { clock, endpoint, judge } = await setup(outage)
    for (let i = 0; i < 40; i++) await judge(i % 4 === 3 ? NASTY : `token-${i}`)
    expect(endpoint.asked.length).toBeLessThan(8)
    const before = endpoint.asked.length
    for (let second = 0; second < 60; second++) {
      clock.advance(1)
      await judge(NASTY)
      for (let i = 0; i < 5; i++) await judge(`token-${second}-${i}`)
    }
    // Each pause is ended by a probe of the one kind, which says nothing, and one of the other.
    expect(endpoint.asked.length - before).toBeLessThan(20)
  })

  it('is closed by the next token, where the server will not have that of the probe', async () => {
    const { clock, endpoint, judge } = await setup(503)
    for (let i = 0; i < 5; i++) await judge(`token-${i}`)
    endpoint.answer(403)
    clock.advance(1)
    await judge(NASTY)
    endpoint.answer(ACTIVE)
    expect(await judge(TOKEN)).toBe('granted')
  })

  it.each(['0', '-1', 'soon', 'Sat, 17 Mar 2029 17:47:00 GMT'])(
    'waits no shorter for a server that says nothing of use: Retry-After %s',
    async (retryAfter) => {
      const limited = status(429, { 'Retry-After': retryAfter })
      const { clock, endpoint, judge } = await setup(limited)
      for (let i = 0; i < 10; i++) await judge(TOKEN)
      expect(endpoint.asked).toHaveLength(5)
      for (let second = 0; second < 60; second++) {
        await judge(TOKEN)
        clock.advance(1)
      }
      // After 1, 2, 4, 8, 16 and 30 seconds.
      expect(endpoint.asked).toHaveLength(5 + 5)
    },
  )
})

describe('an address', () => {
  it('is told without its query, where some servers want a key', async () => {
    const server = closing(await introspectionServer(500))
    const { judge, events, failed } = await setup(500, {
      server,
      introspection: { endpoint: `${server.url}/introspect?apikey=${SECRET}` },
    })
    for (const answer of [
      500,
      302,
      raw('<html>', 'text/html'),
      raw('{'),
      raw('{}'),
      refusal('invalid_client'),
    ]) {
      server.answer(answer)
      await judge(TOKEN)
    }
    const details = failed().map(({ detail }) => detail)
    expect(details).toHaveLength(6)
    for (const detail of details) expect(detail).toMatch(`${server.url}/introspect: `)
    expect(server.asked[0]!.url).toContain(SECRET)
    expect(JSON.stringify(events)).not.toContain(SECRET)
  })
})

describe('our credentials', () => {
  it('7662-22: where they are refused, the caller hears nothing of it', async () => {
    const { send, events } = await setup(status(401, { 'WWW-Authenticate': 'Basic realm="as"' }))
    const outcome = await send(TOKEN)
    expect(inspect(outcome)).not.toMatch(/invalid_token|Basic/)
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'introspection_failed', failure: 'credentials_refused' }),
    )
  })

  it('stand in no event, error or dump, whatever goes wrong with them', async () => {
    const failing = () => {
      throw new Error(`vault says ${SECRET}`)
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

describe('a resource server that is closed', () => {
  it('ends its calls, and makes no more', async () => {
    const { endpoint, judge, server } = await setup(() => {})
    const pending = judge(TOKEN)
    await endpoint.received(1)
    server.close()
    expect(await pending).toBe('503 introspection_unavailable')
    expect(await judge('another')).toBe('503 introspection_unavailable')
    expect(endpoint.asked).toHaveLength(1)
  })
})

describe('a connection that is closed when it is used again', () => {
  it('costs no answer: the call is made once more, with an assertion of its own', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    const clientAuthentication = {
      method: 'private_key_jwt',
      key: privateKey,
      algorithm: 'ES256',
    } as const
    const used = new Set<unknown>()
    const strict = ({ form }: Asked) => {
      const { jti } = decodeJwt(form.get('client_assertion')!)
      return used.has(jti) ? 401 : (used.add(jti), ACTIVE)
    }
    const server = closing(await introspectionServer(closingWhenUsedAgain(strict)))
    const { endpoint, judge, failures } = await setup(ACTIVE, {
      server,
      introspection: { clientAuthentication, endpoint: `${server.url}/introspect` },
    })
    expect(await judge('one')).toBe('granted')
    await settled()
    expect(await judge('two')).toBe('granted')
    expect(endpoint.asked.map(({ form }) => form.get('token'))).toEqual(['one', 'two', 'two'])
    expect(used.size).toBe(3)
    expect(failures()).toEqual([])
  })

  it('is what is told where there is no second assertion', async () => {
    const assertions = ['the-only-one']
    const { endpoint, judge, failures } = await setup(drop, {
      introspection: {
        clientAuthentication: { method: 'private_key_jwt', assertion: () => assertions.shift() },
      },
    })
    expect(await judge(TOKEN)).toBe('503 introspection_unavailable')
    expect([endpoint.asked.length, failures()]).toEqual([1, ['unreachable']])
  })

  it('is one failure for the circuit, where the second call ends as the first', async () => {
    const { endpoint, judge, failures } = await setup(drop)
    for (let i = 0; i < BREAKER.failures - 1; i++) await judge(`token-${i}`)
    endpoint.answer(ACTIVE)
    expect(await judge(TOKEN)).toBe('granted')
    endpoint.answer(drop)
    endpoint.asked.length = 0
    for (let i = 0; i < BREAKER.failures + 1; i++) await judge(`again-${i}`)
    expect(endpoint.asked).toHaveLength(2 * BREAKER.failures)
    expect(failures()).toHaveLength(2 * BREAKER.failures - 1)
  })
})

describe("one's own fetch", () => {
  it('makes the call, and what it throws is never told', async () => {
    const calls: Parameters<Fetch>[] = []
    const own: Fetch = async (url, init) => {
      calls.push([url, init])
      return Response.json({ ...ACTIVE, aud: AUDIENCE })
    }
    const introspection = { endpoint: 'https://as.example.com/introspect' }
    const good = await setup(ACTIVE, { introspection, options: { fetch: own } })
    expect(await good.judge(TOKEN)).toBe('granted')
    const [url, init] = calls[0]!
    expect(url).toBe('https://as.example.com/introspect')
    expect(init).toMatchObject({ method: 'POST', redirect: 'manual' })
    expect(init.body).toBe(`token=${TOKEN}`)

    const bad = await setup(ACTIVE, {
      introspection,
      options: { fetch: () => Promise.reject(new Error(`no proxy for ${TOKEN}`)) },
    })
    expect(await bad.judge(TOKEN)).toBe('503 introspection_unavailable')
    expect(JSON.stringify(bad.events)).not.toContain(TOKEN)
  })
})

describe('a status 400', () => {
  const JWT = createTestIssuer().token()
  const unsupported = refusal('unsupported_token_type')

  it('with unsupported_token_type is about the token, and no failure', async () => {
    const { endpoint, judge, failures, events } = await setup(unsupported)
    for (let i = 0; i < 20; i++) expect(await judge(`made-up-${i}`)).toBe('401 inactive')
    expect(await judge(JWT)).not.toMatch(/^503/)
    expect(failures()).toEqual([])
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'introspection_called', active: false }),
    )
    endpoint.answer(ACTIVE)
    expect(await judge(TOKEN)).toBe('granted')
  })

  it('is about the token while another token got an answer, and else about us', async () => {
    const { clock, endpoint, judge, failures } = await setup(ACTIVE)
    expect(await judge('a-good-one')).toBe('granted')
    endpoint.answer(refusal('invalid_request'))
    clock.advance(59)
    expect(await judge('x/../../../etc/passwd')).toBe('401 inactive')
    expect(failures()).toEqual([])
    // The only token with an answer is this one.
    clock.advance(0.5)
    expect(await judge('a-good-one')).toBe('503 introspection_unavailable')
    clock.advance(0.5)
    expect(await judge('x/../../../etc/passwd')).toBe('503 introspection_unavailable')
    expect(failures()).toEqual(['token_refused', 'token_refused'])
  })

  it('is never about a JWT that was verified here, or that other issuers than opaque ones have signed', async () => {
    const jwt = await issuing('jwt')
    jwt.endpoint.answer(unsupported)
    expect(await jwt.judge(jwt.token(), { introspect: true })).toBe('503 introspection_unavailable')
    expect(jwt.failures()).toEqual(['token_unsupported'])
    const any = await issuing('any', {
      issuer: { jwks: undefined, jwksUri: 'http://127.0.0.1:9/' } as never,
    })
    any.endpoint.answer(unsupported)
    expect(await any.judge(any.token())).toMatch(/^503/)
    expect(await any.judge('an-opaque-one')).toBe('401 inactive')
  })
})
