import { randomBytes } from 'node:crypto'
import {
  type BearwardEvent,
  memoryReplay,
  type ProofUse,
  type Refused,
  ReplayStoreError,
  type ReplayStoreProblem,
} from '@bearward/core'
import { describe, expect, it } from 'vitest'
import { fakeClock, settled } from '../../../../../test/support/fake-clock.ts'
import { requestWith } from '../../../../../test/support/requests.ts'
import {
  boundTo,
  createProof,
  generateProofKey,
  proving,
} from '../../../../../test/support/proofs.ts'
import { watchProcess } from '../../../../../test/support/watch-process.ts'
import { REPLAY_BREAKER } from '../../../src/binding/dpop/replay-check.ts'
import { PUBLIC_URL, setup, summarize, TARGET } from './setup.ts'

const SECRETS = [randomBytes(32)]
const getNonce = (outcome: unknown) => (outcome as Refused).headers['DPoP-Nonce'] as string

/** Creates a store that returns the result of `answer`, and records its calls. */
function scriptedStore(answer: () => unknown) {
  const uses: ProofUse[] = []
  const firstUse = (use: ProofUse) => {
    uses.push(use)
    return answer() as boolean
  }
  return { uses, firstUse }
}

const failing = (problem: ReplayStoreProblem) =>
  scriptedStore(() => Promise.reject(new ReplayStoreError(problem, 'the reason')))

const degraded = (events: readonly BearwardEvent[]) =>
  events.filter((event) => event.type === 'degraded')

describe('the detection of used proofs', () => {
  it('9449-36: authorize refuses a proof that was used before, with a challenge', async () => {
    const { authorize, request, prove } = setup()
    const proof = prove()
    expect(summarize(await authorize(request(proof)))).toBe('granted')
    const outcome = await authorize(request(proof))
    expect(summarize(outcome)).toBe('401 proof_used')
    expect((outcome as Refused).headers['WWW-Authenticate']![1]).toContain(
      'error="invalid_dpop_proof"',
    )
  })

  it('9449-37: authorize grants exactly one of 100 simultaneous requests with one proof', async () => {
    const { authorize, request, prove } = setup()
    const proof = prove()
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => authorize(request(proof))))
    expect(outcomes.filter(({ kind }) => kind === 'granted')).toHaveLength(1)
  })

  it('9449-38: authorize grants the same jti with another key, and with another address', async () => {
    const { authorize, request, prove, clock } = setup()
    const claims = { jti: 'the-same' }
    expect(summarize(await authorize(request(prove({ claims }))))).toBe('granted')
    const elsewhere = prove({ claims }, { url: `${PUBLIC_URL}/other` })
    expect(summarize(await authorize(request(elsewhere, '/other')))).toBe('granted')
    expect(summarize(await authorize(request(prove({ claims }))))).toBe('401 proof_used')
    const same = memoryReplay({ clock })
    const [first, second] = [setup({ replay: same }), setup({ replay: same })]
    for (const one of [first, second])
      expect(summarize(await one.authorize(one.request(one.prove({ claims }))))).toBe('granted')
  })

  it('9449-36: authorize refuses a proof with a used jti if its htu is only another spelling of the used htu', async () => {
    const { authorize, request, prove, clock } = setup()
    const iat = clock.seconds()
    const claims = { jti: 'x', iat }
    await authorize(request(prove({ claims })))
    for (const [htu, url] of [
      [`HTTPS://API.example.com:443${TARGET}?x`, TARGET],
      [`${PUBLIC_URL}/reports/./%37`, '/reports/%37'],
    ] as const)
      expect(summarize(await authorize(request(prove({ claims: { ...claims, htu } }), url)))).toBe(
        '401 proof_used',
      )
  })

  it('9449-40: authorize grants a proof that was refused before for another reason, because it was not used', async () => {
    const { authorize, request, prove } = setup()
    const claims = { jti: 'x' }
    await authorize(request(prove({ claims: { ...claims, ath: 'wrong' } })))
    await authorize(request(prove({ claims })), { scope: 'admin' })
    await authorize(request(prove({ claims })), { check: () => false })
    expect(summarize(await authorize(request(prove({ claims }))))).toBe('granted')
  })

  it('9449-41: the replay store remembers a proof for as long as the proof is accepted, and for one clock tolerance longer', async () => {
    const store = scriptedStore(() => true)
    const { authorize, request, prove, clock } = setup({ replay: store })
    const iats = [-65, 0, 5]
    for (const offset of iats)
      await authorize(request(prove({ claims: { iat: clock.seconds() + offset } })))
    expect(store.uses.map(({ ttl }) => ttl)).toEqual([5_000, 70_000, 75_000])
  })

  it('9449-41: the reason for a used proof with the latest possible iat is proof_used until the proof is too old, then invalid_proof', async () => {
    const { authorize, request, prove, clock } = setup()
    const proof = prove({ claims: { iat: clock.seconds() + 5 } })
    expect(summarize(await authorize(request(proof)))).toBe('granted')
    clock.advance(5 + 60 + 4)
    expect(summarize(await authorize(request(proof)))).toBe('401 proof_used')
    clock.advance(2)
    expect(summarize(await authorize(request(proof)))).toBe('401 invalid_proof')
  })

  it('9449-41: authorize accepts and remembers a proof up to its maximum age if clockTolerance is 0', async () => {
    const { authorize, request, prove, clock } = setup({ clockTolerance: 0 })
    const [used, unused] = [request(prove()), request(prove())]
    expect(summarize(await authorize(used))).toBe('granted')
    clock.advance(60)
    expect(summarize(await authorize(unused))).toBe('granted')
    for (const proof of [used, unused])
      expect(summarize(await authorize({ ...proof }))).toBe('401 proof_used')
    clock.advance(0.5)
    expect(
      summarize(await authorize(request(prove({ claims: { iat: clock.seconds() - 60.5 } })))),
    ).toBe('401 invalid_proof')
  })

  it('9449-52: the guards of a request use its proof once, even if a key is distrusted in between', async () => {
    const { server, request, issuer, clock } = setup({}, {})
    const raw = request()
    const [first, second] = [server.guard(), server.guard({ scope: 'read' })]
    expect(summarize(await first(raw))).toBe('granted')
    server.distrustKey({ issuer: issuer.issuer, thumbprint: 'a'.repeat(43) })
    clock.advance(30)
    expect(summarize(await second(raw))).toBe('granted')
    expect(summarize(await first({ ...raw }))).toBe('401 proof_used')
  })

  it('the guards of a request get the same token, with the bindings that were proved', async () => {
    const { server, request } = setup()
    const raw = request()
    const outcomes = [await server.guard()(raw), await server.guard()(raw)]
    const [first, second] = outcomes.map((outcome) => outcome.kind === 'granted' && outcome.token)
    expect(first).toBe(second)
    expect(first).toMatchObject({ bindings: ['dpop'] })
    expect(Object.isFrozen(first)).toBe(true)
  })

  it('simultaneous guards of a request ask the replay store once', async () => {
    const store = scriptedStore(async () => true)
    const { server, request } = setup({ replay: store })
    const raw = request()
    const guards = [server.guard(), server.guard(), server.guard()]
    const outcomes = await Promise.all(guards.map(async (guard) => guard(raw)))
    expect(outcomes.map(summarize)).toEqual(['granted', 'granted', 'granted'])
    expect(store.uses).toHaveLength(1)
  })

  it('check() of a guard gets the token with its bindings, and the proof stays unused if check throws', async () => {
    const { authorize, request, prove } = setup()
    const seen: unknown[] = []
    const proof = prove()
    const check = (token: { bindings: unknown }) => {
      seen.push(token.bindings)
      throw new Error('from check')
    }
    await expect(authorize(request(proof), { check })).rejects.toThrow('from check')
    expect(seen).toEqual([['dpop']])
    expect(summarize(await authorize(request(proof)))).toBe('granted')
  })

  it('authorize refuses a proof that became too old while check was waiting', async () => {
    const { authorize, request, clock } = setup()
    const check = async () => {
      clock.advance(71)
      return true
    }
    expect(summarize(await authorize(request(), { check }))).toBe('401 invalid_proof')
  })

  it('authorize checks a proof again if the request object has another method or another proof', async () => {
    const { server, request, prove } = setup()
    const raw = {}
    const guard = server.guard()
    expect(summarize(await guard({ ...request(), raw }))).toBe('granted')
    expect(summarize(await guard({ ...request(), method: 'DELETE', raw }))).toBe(
      '401 invalid_proof',
    )
    const one = { ...request(prove()), raw }
    expect(summarize(await guard(one))).toBe('granted')
    expect(summarize(await guard({ ...one, url: '/other' }))).toBe('401 invalid_proof')
  })
})

describe('a replay store that does not answer', () => {
  it.each<ReplayStoreProblem>([
    'full',
    'timeout',
    'unconfirmed',
    'unsuitable',
    'failed',
    'unreachable',
  ])(
    '9449-42: authorize refuses with 503, and publishes an event, if the replay store has the problem %s',
    async (problem) => {
      const { authorize, request, events } = setup({ replay: failing(problem) })
      const outcome = await authorize({ ...request(), id: 'req-7' })
      expect(outcome).toMatchObject({
        status: 503,
        reason: 'replay_unavailable',
        headers: { 'Retry-After': '1', 'Cache-Control': 'no-store' },
      })
      expect((outcome as Refused).headers).not.toHaveProperty('WWW-Authenticate')
      const control = 'dpop_replay'
      expect(degraded(events)).toEqual([
        {
          type: 'degraded',
          control,
          decision: 'refused',
          problem,
          detail: 'the reason',
          requestId: 'req-7',
        },
      ])
    },
  )

  it('a request without an answer of the replay store has one line in the log, with the problem and its detail', async () => {
    const lines: string[] = []
    const logger = {
      info: (text: string) => lines.push(text),
      warn: (text: string) => lines.push(text),
    }
    const { authorize, request } = setup({ replay: failing('full') }, { logger })
    expect(summarize(await authorize(request()))).toBe('503 replay_unavailable')
    expect(lines).toEqual([
      expect.stringContaining(
        'refused 503 replay_unavailable: dpop.replay: expected an answer, found full: the reason. At the replay store: give it more memory',
      ),
    ])
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('s3cret')
      },
    ],
    [
      'rejects with an Error that is not a ReplayStoreError',
      () => Promise.reject(new Error('s3cret')),
    ],
    ['rejects with undefined', () => Promise.reject(undefined)],
    ['returns OK', () => 'OK'],
    ['resolves to 1', async () => 1],
    ['returns undefined', () => undefined],
    ['returns null', () => null],
  ])('9449-42: authorize refuses with 503 if the replay store %s', async (_, answer) => {
    const { authorize, request, events } = setup({ replay: scriptedStore(answer) })
    expect(summarize(await authorize(request()))).toBe('503 replay_unavailable')
    expect(JSON.stringify(events)).not.toContain('s3cret')
  })

  it.each([
    [new TypeError('s3cret'), 'an error (TypeError)'],
    [Object.assign(new Error('s3cret'), { code: 'ECONNREFUSED' }), 'an error (ECONNREFUSED)'],
    [Object.assign(new Error('s3cret'), { name: 'A s3cret' }), 'an error'],
    ['s3cret', 'an error'],
  ])(
    'the event "degraded" names the code or the class of the value that the replay store throws, if the value has one: %o',
    async (thrown, shown) => {
      const { authorize, request, events } = setup({
        replay: scriptedStore(() => Promise.reject(thrown)),
      })
      await authorize(request())
      expect(degraded(events)).toMatchObject([
        { problem: 'failed', detail: `firstUse threw ${shown} instead of a ReplayStoreError` },
      ])
    },
  )

  it('9449-42: authorize grants with whenReplayUnknown allow, and publishes an event for each request', async () => {
    const { authorize, request, events } = setup({
      replay: failing('unreachable'),
      whenReplayUnknown: 'allow',
    })
    for (let i = 0; i < 3; i++) expect(summarize(await authorize(request()))).toBe('granted')
    expect(degraded(events)).toMatchObject(
      Array.from({ length: 3 }, () => ({ decision: 'allowed' })),
    )
  })

  it('authorize with whenReplayUnknown allow still refuses a proof that the replay store knows', async () => {
    const { authorize, request } = setup({
      replay: scriptedStore(() => false),
      whenReplayUnknown: 'allow',
    })
    expect(summarize(await authorize(request()))).toBe('401 proof_used')
  })

  it('authorize with whenReplayUnknown nonce accepts only a proof with a nonce of the last 5 seconds', async () => {
    const nonce = { secrets: SECRETS }
    const { authorize, request, prove, clock, events } = setup({
      replay: failing('timeout'),
      whenReplayUnknown: 'nonce',
      nonce,
    })
    const first = getNonce(await authorize(request()))
    expect(summarize(await authorize(request(prove({}, { nonce: first }))))).toBe('granted')
    clock.advance(5)
    const outcome = await authorize(request(prove({}, { nonce: first })))
    expect(summarize(outcome)).toBe('401 nonce_required')
    const second = getNonce(outcome)
    expect(second).not.toBe(first)
    expect(summarize(await authorize(request(prove({}, { nonce: second }))))).toBe('granted')
    expect(degraded(events).map(({ decision }) => decision)).toEqual([
      'nonce_accepted',
      'nonce_required',
      'nonce_accepted',
    ])
  })

  it('9449-54: authorize refuses with 503 after one second if the replay store hangs, and ignores a later answer', async () => {
    let answer: (isFirst: boolean) => void = () => {}
    const store = scriptedStore(() => new Promise<boolean>((resolve) => (answer = resolve)))
    const { authorize, request, clock } = setup({ replay: store })
    const pending = authorize(request())
    await clock.pass(1)
    expect(summarize(await pending)).toBe('503 replay_unavailable')
    answer(true)
    await settled()
    expect(clock.pending()).toBe(0)
  })

  it('9449-53: a replay store that fails after its request has ended does not cause an unhandled rejection', async () => {
    const { faults } = watchProcess()
    const failures: ((error: Error) => void)[] = []
    const store = scriptedStore(() => new Promise((_, reject) => failures.push(reject)))
    const { authorize, request, clock } = setup({ replay: store })
    const pending = authorize(request())
    await clock.pass(1)
    expect(summarize(await pending)).toBe('503 replay_unavailable')
    failures[0]!(new Error('too late'))
    expect(await faults()).toEqual([])
  })

  it('9449-54: after consecutive failures, authorize does not ask the replay store during a pause, and then one request asks it again', async () => {
    let isDown = true
    const store = scriptedStore(() =>
      isDown ? Promise.reject(new ReplayStoreError('unreachable', 'refused')) : true,
    )
    const { authorize, request, clock, events, server } = setup({ replay: store })
    const { failures } = REPLAY_BREAKER
    for (let i = 0; i < failures + 3; i++)
      expect(summarize(await authorize(request()))).toBe('503 replay_unavailable')
    expect(store.uses).toHaveLength(failures)
    expect(degraded(events).at(-1)).toMatchObject({
      problem: 'paused',
      detail: 'it has failed several times. The last failure: refused',
    })
    expect(server.status().controls).toEqual([
      {
        control: 'dpop_replay',
        state: 'degraded',
        since: clock.seconds(),
        configuration: 'unverified',
      },
    ])
    isDown = false
    clock.advance(1)
    expect(summarize(await authorize(request()))).toBe('granted')
    expect(summarize(await authorize(request()))).toBe('granted')
    expect(events.filter(({ type }) => type === 'control_recovered')).toEqual([
      { type: 'control_recovered', control: 'dpop_replay', duration: 1 },
    ])
    expect(server.status().controls).toMatchObject([{ state: 'working', since: undefined }])
  })

  it('9449-54: authorize uses an answer of the replay store that arrived while the process was blocked for longer than the limit', async () => {
    const answers: ((isFirst: boolean) => void)[] = []
    const store = scriptedStore(() => new Promise((resolve) => answers.push(resolve)))
    const { authorize, request, clock } = setup({ replay: store })
    const pending = authorize(request())
    clock.suspend(1.5)
    // The timer runs first, and then the process reads the answer.
    clock.advance(0)
    answers[0]!(true)
    expect(summarize(await pending)).toBe('granted')
  })

  it('9449-54: authorize still asks a replay store that confirms no new proof, refuses used proofs with 401, and control_recovered follows the first confirmed proof', async () => {
    const problems: (ReplayStoreProblem | boolean)[] = []
    const store = scriptedStore(async () => {
      const next = problems.shift()!
      if (typeof next === 'boolean') return next
      throw new ReplayStoreError(next, 'the reason')
    })
    const { authorize, request, events, server } = setup({ replay: store })
    const send = async (next: ReplayStoreProblem | boolean) => {
      problems.push(next)
      return summarize(await authorize(request()))
    }
    // A response of the store shows that it works, so these failures are not consecutive.
    for (let i = 0; i < 3 * REPLAY_BREAKER.failures; i++) {
      expect(await send('unconfirmed')).toBe('503 replay_unavailable')
      expect(await send('timeout')).toBe('503 replay_unavailable')
    }
    expect(await send(false)).toBe('401 proof_used')
    expect(store.uses).toHaveLength(6 * REPLAY_BREAKER.failures + 1)
    expect(server.status().controls).toMatchObject([{ state: 'degraded' }])
    expect(events.filter(({ type }) => type === 'control_recovered')).toEqual([])
    expect(await send(true)).toBe('granted')
    expect(events.filter(({ type }) => type === 'control_recovered')).toHaveLength(1)
    expect(server.status().controls).toMatchObject([{ state: 'working' }])
  })

  it('9449-43: authorize grants a proof of another key if one key has filled its part of the replay store', async () => {
    const replay = memoryReplay({ maxPerKey: 1, clock: fakeClock() })
    const [one, other] = [setup({ replay }), setup({ replay })]
    expect(summarize(await one.authorize(one.request()))).toBe('granted')
    for (let i = 0; i < 20; i++)
      expect(summarize(await one.authorize(one.request()))).toBe('503 replay_unavailable')
    expect(summarize(await other.authorize(other.request()))).toBe('granted')
  })

  it('ready() rejects if the replay store is not ready, and status() shows its configuration', async () => {
    const store = {
      ...scriptedStore(() => true),
      ready: () => Promise.reject(new ReplayStoreError('unsuitable', 'it evicts entries')),
      configuration: () => 'unsuitable' as const,
    }
    const { server } = setup({ replay: store })
    await expect(server.ready()).rejects.toThrow('it evicts entries')
    expect(server.status().controls).toMatchObject([{ configuration: 'unsuitable' }])
    expect(setup().server.status().controls).toMatchObject([{ configuration: 'verified' }])
    const nonceOnly = setup({ replay: 'nonce-only', nonce: { secrets: SECRETS } })
    expect(nonceOnly.server.status().controls).toEqual([])
  })

  it('the guards of a request refuse the request with the same 503, and ask the replay store once', async () => {
    const store = failing('timeout')
    const { server, request } = setup({ replay: store })
    const raw = request()
    expect(summarize(await server.guard()(raw))).toBe('503 replay_unavailable')
    expect(summarize(await server.guard()(raw))).toBe('503 replay_unavailable')
    expect(store.uses).toHaveLength(1)
  })
})

describe('nonces', () => {
  const nonce = { secrets: SECRETS, lifetime: 120 }

  it('9449-28, 9449-30: authorize refuses each proof without a nonce, and sends a nonce each time', async () => {
    const { authorize, request, prove } = setup({ nonce })
    for (let i = 0; i < 2; i++) {
      const outcome = await authorize(request())
      expect(outcome).toMatchObject({
        status: 401,
        reason: 'nonce_required',
        headers: { 'DPoP-Nonce': expect.any(String), 'Cache-Control': 'no-store' },
      })
      const [, challenge] = (outcome as Refused).headers['WWW-Authenticate'] as string[]
      expect(challenge).toContain('error="use_dpop_nonce"')
      const proof = prove({}, { nonce: getNonce(outcome) })
      expect(summarize(await authorize(request(proof)))).toBe('granted')
    }
  })

  it('9449-29: authorize refuses a wrong nonce and an old nonce, and sends a new nonce', async () => {
    const { authorize, request, prove, clock } = setup({ nonce, maxAge: 600 })
    const first = getNonce(await authorize(request()))
    expect(summarize(await authorize(request(prove({}, { nonce: 'wrong' }))))).toBe(
      '401 nonce_required',
    )
    clock.advance(126)
    const outcome = await authorize(request(prove({}, { nonce: first })))
    expect(summarize(outcome)).toBe('401 nonce_required')
    expect(getNonce(outcome)).not.toBe(first)
  })

  it('9449-56, 9449-33: authorize grants a request whose nonce has reached two thirds of its lifetime, and sends a new nonce', async () => {
    const { authorize, request, prove, clock } = setup({ nonce })
    const first = getNonce(await authorize(request()))
    const send = async () => authorize(request(prove({}, { nonce: first })))
    expect(await send()).toMatchObject({ kind: 'granted', headers: {} })
    clock.advance(80)
    const outcome = await send()
    expect(outcome).toMatchObject({ kind: 'granted', headers: { 'Cache-Control': 'no-store' } })
    expect(summarize(await authorize(request(prove({}, { nonce: getNonce(outcome) }))))).toBe(
      'granted',
    )
  })

  it('9449-56: authorize sends no nonce in response to a Bearer request', async () => {
    const { authorize, issuer } = setup({ nonce })
    const granted = await authorize(requestWith(issuer.token()))
    const refused = await authorize(requestWith('x'))
    for (const { headers } of [granted, refused]) expect(headers).not.toHaveProperty('DPoP-Nonce')
  })

  it('authorize sends no nonce if the signature of the proof is invalid, so only the owner of the key gets one', async () => {
    const { authorize, request, prove } = setup({ nonce })
    const outcome = await authorize(request(prove({ signedBy: generateProofKey() })))
    expect(summarize(outcome)).toBe('401 invalid_proof')
    expect((outcome as Refused).headers).not.toHaveProperty('DPoP-Nonce')
  })

  it("authorize with replay 'nonce-only' grants a proof again, until its nonce is too old", async () => {
    const { authorize, request, prove, clock } = setup({ replay: 'nonce-only', nonce, maxAge: 600 })
    const proof = prove({}, { nonce: getNonce(await authorize(request())) })
    expect(summarize(await authorize(request(proof)))).toBe('granted')
    expect(summarize(await authorize(request(proof)))).toBe('granted')
    clock.advance(126)
    expect(summarize(await authorize(request(proof)))).toBe('401 nonce_required')
  })

  it('authorize refuses a nonce that is not a text', async () => {
    const { authorize, request, prove } = setup({ nonce })
    for (const value of [7, null, {}, ['x']])
      expect(summarize(await authorize(request(prove({ claims: { nonce: value } }))))).toBe(
        '401 invalid_proof',
      )
  })
})

describe('proofs of many clients', () => {
  it('authorize grants proofs of 1,100 keys, and then another proof of the first key, which the key cache has evicted', async () => {
    const { authorize, request, issuer, clock } = setup()
    expect(summarize(await authorize(request()))).toBe('granted')
    const keys = Array.from({ length: 1100 }, () => generateProofKey('Ed25519'))
    const send = async (key: (typeof keys)[number]) => {
      const token = issuer.token({ claims: boundTo(key) })
      const proof = createProof({ key, token, url: PUBLIC_URL + TARGET, now: clock.seconds() })
      return summarize(await authorize(proving(token, proof, { url: TARGET })))
    }
    for (const key of [...keys, keys[0]!]) expect(await send(key)).toBe('granted')
  })
})
