import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type {
  AccessToken,
  BearwardEvent,
  DynamicIssuerOptions,
  IssuerOptions,
  ResourceServerOptions,
} from '@bearward/core'
import { memoryReplay } from '@bearward/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseChallenges } from '../support/challenge-parser.ts'
import { adaptAttack } from '../frameworks/difference.ts'
import { type Framework, type Mount, startAll } from '../frameworks/framework.ts'
import { type Inspection, inspect } from '../frameworks/inspection.ts'
import { bearerLine } from '../support/requests.ts'
import { getWithLines, type RawResponse, type RunningServer, sendRaw } from '../support/servers.ts'
import { until } from '../support/until.ts'
import { watchProcess } from '../support/watch-process.ts'
import { type Attack, type ApiName, getApi, APIS, type Outcome, type Sent } from './attack.ts'
import { CORPUS } from './corpus.ts'
import { isKnownHost } from './known-host.ts'
import { eventLeaks, leakedKids, leaks } from './leaks.ts'
import { type RunningTarget, startTarget } from './target.ts'

/** Names of the headers that a response may have. A refusal with the reason `nonce_required` may also have `DPoP-Nonce`. */
const HEADER_NAMES = [
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'date',
  'etag',
  'keep-alive',
  'vary',
  'www-authenticate',
  'x-powered-by',
]

/** Bytes of header lines. Node must not refuse a long token before the guard refuses it. */
const MAX_HEADER_SIZE = 4 * 1024 * 1024

/** Runs all attacks over real sockets against one framework. */
export function runCorpus(framework: Framework): void {
  describe(`attacks on ${framework.name}`, () => {
    let servers: ReadonlyMap<ApiName, RunningServer> = new Map()
    const process = watchProcess()
    const events: BearwardEvent[] = []
    const published: unknown[] = []
    const onChannel = (message: unknown) => void published.push(message)
    let target: RunningTarget
    let handled = 0

    async function handle(
      token: AccessToken | undefined,
      _body: unknown,
      inspection: Inspection | undefined = inspect(token),
    ): Promise<object> {
      handled++
      if (token === undefined) return { subject: null, polluted: false }
      const { kind, id } = token.subject
      return { subject: { kind, id }, polluted: inspection?.isPolluted }
    }

    beforeAll(async () => {
      target = await startTarget()
      subscribe('bearward', onChannel)
      const mounts = Object.keys(APIS).map((api) => [api, toMount(api as ApiName)] as const)
      servers = await startAll(framework, Object.fromEntries(mounts) as Record<ApiName, Mount>)
    })

    function toMount(api: ApiName): Mount {
      const { policy, common, dpop, requirements, isSingleIssuer, isDynamic } = getApi(api)
      const trusted = isSingleIssuer === true ? target.trusted.slice(0, 1) : target.trusted
      const issuers = trusted.map(({ audience, ...issuer }) => ({
        ...issuer,
        ...(common?.resource === undefined && { audience }),
        ...policy,
        ...keysFor(api, issuer),
      }))
      const options = {
        ...common,
        ...(dpop && { dpop: { ...dpop, replay: memoryReplay({ clock: target.clock }) } }),
        issuers: isDynamic === true ? toFunctions(issuers) : issuers,
        clock: target.clock,
        onEvent: (event: BearwardEvent) => events.push(event),
      } as ResourceServerOptions
      return { options, routes: [{ requirements, handle }], maxHeaderSize: MAX_HEADER_SIZE }
    }

    afterAll(async () => {
      unsubscribe('bearward', onChannel)
      await Promise.all([...servers.values(), target].map((running) => running.close()))
    })

    async function send(sent: Sent, api: ApiName): Promise<RawResponse> {
      const { port } = servers.get(api)!
      events.length = published.length = handled = 0
      if (sent instanceof Uint8Array) return sendRaw(port, sent)
      return getWithLines(port, '/', typeof sent === 'string' ? [bearerLine(sent)] : sent)
    }

    it('a guard grants tokens of trusted issuers, refuses tokens of untrusted issuers, and fetches each JWKS once', async () => {
      const { issuer, other } = target
      for (const api of servers.keys()) {
        const { grantedClaims: claims = {}, isSingleIssuer = false } = getApi(api)
        expect((await send(issuer.token({ claims }), api)).status, api).toBe(200)
        const response = await send(other.token({ claims }), api)
        expect(response.status, api).toBe(isSingleIssuer ? 401 : 200)
      }
      expect(target.fetched.length).toBeGreaterThan(servers.size)
      expect(new Set(target.fetched).size).toBe(target.fetched.length)
    })

    describe.each(CORPUS)('%s', (_subject, attacks) => {
      it.each(toRows(attacks, framework))(
        '%s',
        async (_name, { attack, after, outcome, api = 'any' }) => {
          for (const earlier of after?.(target) ?? [])
            expect((await send(earlier, api)).status).toBe(200)
          const sent = attack(target)
          const response = await send(sent, api)

          const getRefusals = () => events.filter((event) => event.type === 'refused')
          const expected = expectedRefusals(outcome)
          // The guard may decide after the HTTP parser has responded.
          if (!isRefusal(outcome)) await until(() => getRefusals().length >= expected.length)
          expect({ status: response.status, refusals: getRefusals(), handled }).toMatchObject({
            status: outcome.status,
            refusals: expected,
            handled: outcome.status === 200 ? 1 : 0,
          })
          // The channel of another process does not reach this one.
          if (framework.elsewhere === undefined) expect(published).toEqual(events)
          const texts: string[] = []
          for (const [name, value] of response.rawHeaders) {
            expect(getHeaderNames(outcome)).toContain(name.toLowerCase())
            texts.push(value)
          }
          if (outcome.status === 200) {
            expect(readBody(response)).toEqual({ subject: outcome.subject, polluted: false })
          } else {
            texts.push(response.body)
          }
          if (isRefusal(outcome)) expectRefusal(response, outcome, api)
          expect(leaks(sent, texts.join('\0'))).toEqual([])
          expect(eventLeaks(sent, events)).toEqual([])
          expect(leakedKids(sent, texts.join('\0'))).toEqual([])
        },
      )
    })

    it('the API fetches each JWKS at most twice during all attacks, sends no request to the attacker, and causes no uncaught error', async () => {
      // The two fetches are the first one, and a refresh for an unknown kid. The clock stands still, so the pause after the refresh
      // does not end.
      const count = (url: string) => target.fetched.filter((other) => other === url).length
      expect(target.fetched.filter((url) => count(url) > 2)).toEqual([])
      expect(target.attackerRequests).toEqual([])
      expect(await process.faults()).toEqual([])
    })
  })
}

/** Returns the option `jwksUri` for an issuer with keys. Each API has its own URL, so that its fetches are counted. */
function keysFor(
  api: ApiName,
  { jwksUri }: Pick<IssuerOptions, 'jwksUri'>,
): Partial<IssuerOptions> {
  return jwksUri === undefined ? {} : { jwksUri: `${jwksUri}?api=${encodeURIComponent(api)}` }
}

/** Converts the options of issuers to functions for dynamic issuers. */
function toFunctions(issuers: readonly IssuerOptions[]): DynamicIssuerOptions {
  return {
    match: isKnownHost,
    resolve: async (iss) => issuers.find(({ issuer }) => issuer === iss),
  }
}

/** Returns rows for `it.each`, with the outcome in the title. */
function toRows(
  attacks: readonly Attack[],
  framework: Framework,
): readonly (readonly [title: string, Attack])[] {
  return attacks.map((attack) => {
    const { title, outcome } = adaptAttack(framework, attack.name, attack.outcome)
    return [`${toVerb(outcome)}: ${title}`, { ...attack, outcome }]
  })
}

function toVerb(outcome: Outcome): string {
  if (outcome.status === 200)
    return outcome.subject === null ? 'a guard grants anonymous access' : 'a guard grants'
  return outcome.reason === null
    ? `the HTTP parser responds with ${outcome.status}`
    : `a guard refuses with ${outcome.reason}`
}

function readBody({ body }: RawResponse): Record<string, unknown> {
  return JSON.parse(Buffer.from(body, 'latin1').toString()) as Record<string, unknown>
}

/** Returns the header names that a response may have. */
function getHeaderNames(outcome: Outcome): readonly string[] {
  const hasNonce = isRefusal(outcome) && outcome.reason === 'nonce_required'
  return hasNonce ? [...HEADER_NAMES, 'dpop-nonce'] : HEADER_NAMES
}

type Refusal = Extract<Outcome, { error: unknown }>

function isRefusal(outcome: Outcome): outcome is Refusal {
  return outcome.status !== 200 && outcome.reason !== null
}

function expectedRefusals(outcome: Outcome): readonly object[] {
  if (outcome.status === 200) return []
  if (outcome.reason !== null) return [{ reason: outcome.reason, status: outcome.status }]
  return outcome.unsent === undefined ? [] : [{ reason: outcome.unsent }]
}

function expectRefusal(response: RawResponse, refusal: Refusal, api: ApiName): void {
  const { status, error, scheme = 'Bearer' } = refusal
  const lines = response.rawHeaders.filter(([name]) => /^www-authenticate$/i.test(name))
  const challenges = lines.flatMap(([, line]) => parseChallenges(line))
  const { requirements, dpop } = getApi(api)
  const schemes = dpop === undefined ? ['Bearer'] : ['Bearer', 'DPoP']
  expect(challenges.map((challenge) => challenge.scheme)).toEqual(schemes)

  const body = readBody(response)
  expect(Object.keys(body)).toEqual(['error', 'error_description'])
  const { scope, acr, maxAuthAge } = requirements
  const expectedScope = scope !== undefined && status !== 400 ? { scope } : {}
  const isStepUp = error === 'insufficient_user_authentication'
  const expectedStepUp = isStepUp ? { acr_values: acr, max_age: String(maxAuthAge) } : {}
  const description = { error, error_description: body['error_description'] }
  const expectedError = error === undefined ? {} : { ...description, ...expectedStepUp }
  for (const challenge of challenges) {
    const isBearer = challenge.scheme === 'Bearer'
    const isUsed = scheme === 'both' || challenge.scheme === scheme
    expect(Object.fromEntries(challenge.parameters)).toEqual({
      ...((isBearer || scheme === 'DPoP') && { realm: 'api' }),
      ...(isUsed && { ...expectedError, ...expectedScope }),
      ...(!isBearer && { algs: PROOF_ALGORITHMS }),
    })
  }
  expect(response.header('Cache-Control')).toBe('no-store')
  expect(response.header('Content-Type')).toBe('application/json')
}

/** The algorithms of proofs that an API accepts by default. */
const PROOF_ALGORITHMS = 'ES256 EdDSA Ed25519 PS256 RS256'
