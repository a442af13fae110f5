import { randomBytes } from 'node:crypto'
import { memoryReplay, type ReplayStore, ReplayStoreError, type Requirements } from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { createTestIssuer } from '../../../../../test/support/issuer.ts'
import {
  boundTo,
  createProof,
  generateProofKey,
  type ProofKey,
  proving,
} from '../../../../../test/support/proofs.ts'
import { watchProcess } from '../../../../../test/support/watch-process.ts'
import { withPollutedPrototype } from '../../support/with-polluted-prototype.ts'
import {
  ACTIVE,
  setup as setupIntrospection,
  summarizeOutcome,
} from '../../token/introspection/setup.ts'
import { getProblemsOf } from '../../support/get-problems.ts'
import { PUBLIC_URL, setup, summarize, TARGET } from './setup.ts'

const { token_type: _tokenType, ...ACTIVE_WITHOUT_TYPE } = ACTIVE

/** Creates an API that introspects JWTs, and a client whose JWT has `cnf.jkt`. The introspection response has no `cnf`. */
async function setupIntrospected(response: object, key: ProofKey = generateProofKey()) {
  const { server, endpoint, clock } = await setupIntrospection(response, {
    introspection: { maxAge: 60 },
    options: { publicUrl: PUBLIC_URL, dpop: { replay: memoryReplay() } },
  })
  const issuer = createTestIssuer({ issuer: endpoint.url, now: clock.seconds })
  const token = issuer.token({ claims: boundTo(key) })
  const createRequest = () => {
    const subject = { key, token, url: PUBLIC_URL + TARGET, now: clock.seconds() }
    return proving(token, createProof(subject), { url: TARGET })
  }
  const judge = async (request = createRequest(), requirements: Requirements = {}) =>
    summarizeOutcome(await server.authorize(request, requirements))
  return { server, clock, token, createRequest, judge }
}

describe('a JWT with cnf whose introspection response has no cnf', () => {
  it('an introspected JWT with cnf stays bound when a guard with introspect sends a second introspection request', async () => {
    const { clock, judge } = await setupIntrospected(ACTIVE_WITHOUT_TYPE)
    expect(await judge()).toBe('granted')
    await clock.pass(30)
    expect(await judge(undefined, { introspect: { maxAge: 10 } })).toBe('granted')
  })

  it('an introspected JWT with cnf stays bound when the request of a long connection is verified again', async () => {
    const { server, clock, token, createRequest, judge } =
      await setupIntrospected(ACTIVE_WITHOUT_TYPE)
    const request = createRequest()
    expect(await judge(request)).toBe('granted')
    await clock.pass(70)
    expect(await judge(request)).toBe('granted')
    expect(await server.verify(token, { request })).toMatchObject({ token: { bindings: ['dpop'] } })
  })

  it('an introspected JWT with cnf is granted if the token_type of the response is DPoP', async () => {
    const { judge } = await setupIntrospected({ ...ACTIVE, token_type: 'DPoP' })
    expect(await judge()).toBe('granted')
  })
})

describe('the address of a request', () => {
  it.each(['/admin/../reports/7', '/admin/%2e%2e/reports/7', '/reports/./7'])(
    'authorize refuses a proof for /reports/7 if the request target is %s, which routers do not normalize',
    async (url) => {
      const { authorize, request, prove } = setup()
      expect(summarize(await authorize(request(prove(), url)))).toBe('401 invalid_proof')
    },
  )

  it.each(['http://a:admin/reports/7', 'http://a%5Cadmin/reports/7', 'http://a;admin/reports/7'])(
    'authorize refuses a proof for /reports/7 if the request target is %s, in which Express and Koa find another path',
    async (url) => {
      const { authorize, request, prove } = setup()
      expect(summarize(await authorize(request(prove(), url)))).toBe('401 invalid_proof')
    },
  )

  it.each([
    ['a backslash', '?a=b\\c'],
    ['2,100 characters', `?a=${'x'.repeat(2100)}`],
    ['characters that are not ASCII', '?q=\u00e9'],
  ])(
    'authorize grants a request if the function publicUrl returns an address whose query has %s',
    async (_name, query) => {
      const url = PUBLIC_URL + TARGET + query
      const { authorize, request } = setup({}, { publicUrl: () => ({ method: 'GET', url }) })
      expect(summarize(await authorize(request()))).toBe('granted')
    },
  )

  it('authorize grants a proof whose htu has a long query, because the query is not compared', async () => {
    const { authorize, request, prove } = setup()
    const htu = `${PUBLIC_URL}${TARGET}?a=${'x'.repeat(2100)}`
    expect(summarize(await authorize(request(prove({ claims: { htu } }))))).toBe('granted')
  })

  it.each([undefined, null, 5])(
    'authorize refuses a proof with the htm %s if the request has this value as method',
    async (htm) => {
      const { authorize, request, prove } = setup()
      const wrong = { ...request(prove({ claims: { htm } })), method: htm as never }
      expect(summarize(await authorize(wrong))).toBe('401 invalid_proof')
    },
  )

  it.each([
    ['https://[0:0:0:0:0:0:0:1]', 'https://[::1]'],
    ['https://[2001:DB8:0:0::1]', 'https://[2001:db8::1]'],
    ['https://127.1', 'https://127.0.0.1'],
    ['https://API.example.com:443', 'https://api.example.com'],
  ])(
    'authorize with publicUrl %s grants a proof for %s, the normal form that clients write in htu',
    async (publicUrl, origin) => {
      const { authorize, request, prove } = setup({}, { publicUrl })
      const proof = prove({ claims: { htu: origin + TARGET } })
      expect(summarize(await authorize(request(proof)))).toBe('granted')
    },
  )

  it.each([
    'https://user@api.example.com',
    'https://api.example.com\\',
    'https://caf\u00e9.example.com',
    'https://api.example.com?',
    'https://api.example.com#',
  ])('createResourceServer reports that publicUrl must not be %s', (publicUrl) => {
    expect(getProblemsOf(() => setup({}, { publicUrl }))).toEqual([
      expect.stringContaining('publicUrl must be the https address'),
    ])
  })
})

describe('a function publicUrl', () => {
  it('a function publicUrl that is async and fails does not cause an unhandled rejection', async () => {
    const { faults } = watchProcess()
    const publicUrl = async () => {
      throw new Error('a mistake')
    }
    const { authorize, request } = setup({}, { publicUrl } as never)
    await expect(authorize(request())).rejects.toThrow('It cannot return a promise')
    expect(await faults()).toEqual([])
  })
})

describe('the only use of a proof', () => {
  it('two resource servers with one store both grant a request, and use its proof once', async () => {
    const replay = memoryReplay()
    const key = generateProofKey()
    const one = setup({ replay }, {}, key)
    const two = setup({ replay }, { jwks: one.issuer.jwks }, key)
    const request = one.request()
    expect(summarize(await one.authorize(request))).toBe('granted')
    expect(summarize(await two.authorize(request))).toBe('granted')
  })

  it('the guards of a request use its proof once, even if another token is verified in between', async () => {
    const { server, issuer, authorize, request } = setup()
    const one = request()
    expect(summarize(await authorize(one))).toBe('granted')
    const other = issuer.token({ claims: { jti: 'another' } })
    expect(summarize(await server.verify(other, { request: one }))).toBe('granted')
    expect(summarize(await authorize(one))).toBe('granted')
  })

  it('memoryReplay refuses a used proof after the clock was set forward and back', async () => {
    const { clock, authorize, request, prove } = setup()
    const proof = prove()
    expect(summarize(await authorize(request(proof)))).toBe('granted')
    clock.jump(100)
    await authorize(request())
    clock.jump(-100)
    expect(summarize(await authorize(request(proof)))).toBe('401 proof_used')
  })

  it("authorize with whenReplayUnknown 'nonce' refuses a nonce after 10 seconds, even if it is from a process whose clock is ahead", async () => {
    const dpop = {
      nonce: { secrets: [randomBytes(32)] },
      whenReplayUnknown: 'nonce',
      clockTolerance: 60,
      replay: {
        firstUse: () => Promise.reject(new ReplayStoreError('unreachable', 'the reason')),
      },
    } as const
    const { clock, authorize, request, prove, key } = setup(dpop)
    const ahead = setup(dpop, {}, key)
    ahead.clock.jump(59)
    const refused = await ahead.authorize(ahead.request())
    const proof = prove({ claims: { nonce: refused.headers['DPoP-Nonce'] } })
    await authorize(request(proof))
    clock.advance(10)
    expect(summarize(await authorize(request(proof)))).toBe('401 nonce_required')
  })
})

describe('a replay store', () => {
  it('status() shows replay detection as working while the replay store is full for one key, because one client can cause this', async () => {
    const { server, events, authorize, request } = setup({ replay: memoryReplay({ maxPerKey: 1 }) })
    await authorize(request())
    expect(summarize(await authorize(request()))).toBe('503 replay_unavailable')
    expect(server.status().controls).toMatchObject([{ state: 'working' }])
    expect(events.filter(({ type }) => type === 'control_recovered')).toEqual([])
  })

  it('authorize responds with 503 if the replay store throws an error with a getter that throws, and asks the store again later', async () => {
    const error = Object.defineProperty(new Error('a fault'), 'code', {
      get: () => {
        throw new Error('a getter')
      },
    })
    let firstUse: ReplayStore['firstUse'] = () => {
      throw error
    }
    const { clock, issuer, key, authorize, request } = setup({
      replay: { firstUse: (proof) => firstUse(proof) },
    })
    for (let i = 0; i < 6; i++) {
      expect(summarize(await authorize(request()))).toBe('503 replay_unavailable')
      await clock.pass(1)
    }
    firstUse = () => true
    await clock.pass(60)
    const token = issuer.token({ claims: boundTo(key) })
    const proof = createProof({ key, token, url: PUBLIC_URL + TARGET, now: clock.seconds() })
    expect(summarize(await authorize(proving(token, proof, { url: TARGET })))).toBe('granted')
  })
})

describe('a polluted Object.prototype', () => {
  it.each(['jkt', 'x5t', 'unsupported'])(
    'authorize ignores %s of Object.prototype for bound and unbound tokens',
    async (name) => {
      const { server, issuer, request } = setup()
      const headers = { authorization: `Bearer ${issuer.token()}` }
      const [unbound, bound] = withPollutedPrototype({ [name]: 'x'.repeat(43) }, () => [
        server.authorize({ method: 'GET', url: '/', headers }),
        server.authorize(request()),
      ])
      expect(summarize(await unbound)).toBe('granted')
      expect(summarize(await bound)).toBe('granted')
    },
  )

  it('authorize throws if the function publicUrl returns an object that only inherits its members', async () => {
    const { server, request, prove } = setup({}, { publicUrl: () => ({}) } as never)
    const claims = { htm: 'PUT', htu: 'https://other.example.com/x' }
    const one = request(prove({ claims }))
    const decide = async () => {
      const target = { method: 'PUT', url: 'https://other.example.com/x' }
      return withPollutedPrototype(target, () => server.authorize(one))
    }
    await expect(decide()).rejects.toThrow('publicUrl must return { method, url }')
  })
})

it('createResourceServer reports an algorithm in dpop.algorithms if its proofs are always longer than the limit', () => {
  expect(getProblemsOf(() => setup({ algorithms: ['ML-DSA-87'] }))).toHaveLength(1)
})
