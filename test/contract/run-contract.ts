import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AccessToken, BearwardEvent, Requirements } from '@bearward/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseChallenges } from '../support/challenge-parser.ts'
import type { Framework, Route } from '../frameworks/framework.ts'
import {
  listen,
  parseResponse,
  type RawResponse,
  type RunningServer,
  sendRaw,
} from '../support/servers.ts'
import { CASES } from './cases.ts'
import {
  CONFIGURATIONS,
  type ConfigurationName,
  INTROSPECTION_PATH,
  KEY_PATHS,
  OPAQUE_TOKEN,
} from './configurations.ts'
import { bearer, type CaseRequest, type ContractCase, titleOf } from './contract-case.ts'
import { attacker, claiming, issuerA, OTHER_AUDIENCE, token, USUAL_CLAIMS } from './fixture.ts'
import type { ExpectedOutcome } from './outcomes.ts'

/** So that header lines may be longer than a token. */
const MAX_HEADER_SIZE = 65_536

/** Holds one adapter to every case. There is no way to leave one out. */
export function describeContract(framework: Framework): void {
  describe(`the contract, by ${framework.name}`, () => {
    /** What the last request has led to. */
    const granted: (AccessToken | undefined)[] = []
    const events: BearwardEvent[] = []
    /** What has been asked of the canary, in this case or late in the one before. */
    const asked: string[] = []
    const servers = new Map<ConfigurationName, RunningServer>()
    let canary: RunningServer

    beforeAll(async () => {
      canary = await startCanary(asked)
      const names = Object.keys(CONFIGURATIONS) as ConfigurationName[]
      await Promise.all(names.map(async (name) => servers.set(name, await start(name))))
    })
    afterAll(() => Promise.all([canary, ...servers.values()].map((server) => server.close())))

    function start(name: ConfigurationName): Promise<RunningServer> {
      const options = CONFIGURATIONS[name](canary.url)
      const routes = CASES.flatMap((one, i) =>
        configurationOf(one) === name ? [route(`/${i}`, one.requirements)] : [],
      )
      return framework.start({
        options: { ...options, onEvent: (event) => events.push(event) },
        routes: [...routes, route('/any')],
        maxHeaderSize: MAX_HEADER_SIZE,
      })
    }

    function route(path: string, requirements: Requirements = {}): Route {
      return {
        path,
        requirements,
        async handle(verified, body) {
          granted.push(verified)
          const chunks: Uint8Array[] = []
          for await (const chunk of body) chunks.push(chunk)
          const received = Buffer.concat(chunks).toString('latin1')
          return { caller: verified?.subject.kind ?? 'anonymous', received }
        },
      }
    }

    async function send(name: ConfigurationName, request: string): Promise<RawResponse> {
      granted.length = 0
      events.length = 0
      return sendRaw(servers.get(name)!.port, Buffer.from(request, 'latin1'))
    }

    async function play(one: ContractCase): Promise<RawResponse> {
      const request = typeof one.request === 'function' ? one.request(canary.url) : one.request
      return send(configurationOf(one), textOf(request, `/${CASES.indexOf(one)}`))
    }

    for (const one of CASES) {
      it(titleOf(one), async () => {
        const response = await play(one)
        const reasons = events.flatMap((event) => (event.type === 'refused' ? event.reason : []))
        const handled = granted.length
        expect({ ...describeResponse(response, one.outcome), reasons, handled }).toEqual(
          expectation(one),
        )
        expect(asked.splice(0)).toEqual([])
        if (one.outcome.kind === 'granted') checkToken(granted[0], one.outcome.token)
      })
    }

    it('6750-10, 6750-11, 6750-12, 6750-13, 6750-15, 6750-28: writes challenges by the grammar', async () => {
      const refusals = CASES.flatMap((one) =>
        one.outcome.kind === 'refused' ? [[one.outcome.challenge, one] as const] : [],
      )
      const ofEachChallenge = new Map(refusals)
      for (const one of ofEachChallenge.values()) checkRefusal(await play(one))
      expect(ofEachChallenge.size).toBeGreaterThan(20)
    })

    it('21-04: looks at the audience of every request of a connection', async () => {
      const tokens = [token(), claiming({ aud: OTHER_AUDIENCE }), token()]
      const requests = [...tokens, claiming({ aud: OTHER_AUDIENCE })].map((one, i, all) =>
        textOf(bearer(one), '/any', i < all.length - 1 ? 'keep-alive' : 'close'),
      )
      const answers = await send('usual', requests.join(''))
      expect(pipelined(answers).map(({ status }) => status)).toEqual([200, 401, 200, 401])
      expect(granted).toHaveLength(2)
    })
  })
}

function configurationOf(one: ContractCase): ConfigurationName {
  return one.configuration ?? 'usual'
}

/** Serves the keys of the issuer, and notes every other request: nothing should ever be asked here. */
function startCanary(asked: string[]): Promise<RunningServer> {
  return listen((request, response) => {
    const url = request.url ?? ''
    if (url === KEY_PATHS.broken) return void response.writeHead(500).end()
    if (url === INTROSPECTION_PATH) return void introspect(request, response)
    const isOurs = url === KEY_PATHS.served || url === KEY_PATHS.cached
    if (!isOurs) asked.push(url)
    response.setHeader('Content-Type', 'application/json')
    if (url === KEY_PATHS.cached) response.setHeader('Age', '86400')
    response.end(JSON.stringify(isOurs ? issuerA.jwks : { keys: [attacker.jwk] }))
  })
}

async function introspect(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  const form = new URLSearchParams(Buffer.concat(chunks).toString('latin1'))
  const { sub, client_id, aud, scope } = USUAL_CLAIMS
  const active = form.get('token') === OPAQUE_TOKEN
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ active, ...(active && { sub, client_id, aud, scope }) }))
}

function textOf(request: CaseRequest, path: string, connection = 'close'): string {
  const { method = 'GET', query = '', lines, body } = request
  const length = body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`]
  const head = [
    `${method} ${path}${query} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...lines,
    ...length,
    `Connection: ${connection}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body ?? ''}`
}

/** What of a response the contract is about. */
function describeResponse(response: RawResponse, { kind }: ExpectedOutcome) {
  const challenges = valuesOf(response, 'WWW-Authenticate')
  if (kind === 'unparsed') return { status: response.status, challenges }
  const { status, body } = response
  // How a framework writes what a handler returns is its own affair.
  if (kind === 'granted') return { status, challenges, body: JSON.parse(body) as unknown }
  return {
    status,
    challenges,
    body,
    contentType: response.header('Content-Type'),
    contentLength: response.header('Content-Length'),
    cacheControl: valuesOf(response, 'Cache-Control'),
    retryAfter: response.header('Retry-After'),
  }
}

function expectation({ outcome, request }: ContractCase) {
  if (outcome.kind === 'unparsed') {
    return { status: outcome.status, challenges: [], reasons: [], handled: 0 }
  }
  if (outcome.kind === 'granted') {
    const { caller, received } = outcome
    return { status: 200, challenges: [], body: { caller, received }, reasons: [], handled: 1 }
  }
  const { status, challenge, reason, retryAfter } = outcome
  const body = JSON.stringify(outcome.body)
  const isHead = typeof request === 'object' && request.method === 'HEAD'
  return {
    status,
    challenges: challenge === undefined ? [] : [challenge],
    body: isHead ? '' : body,
    contentType: 'application/json',
    contentLength: String(body.length),
    cacheControl: ['no-store'],
    retryAfter,
    reasons: [reason],
    handled: 0,
  }
}

/** The grammar of RFC 6750 section 3, held against what the independent parser makes of a response. */
function checkRefusal(response: RawResponse): void {
  expect(valuesOf(response, 'Cache-Control')).toEqual(['no-store'])
  const challenges = valuesOf(response, 'WWW-Authenticate').flatMap(parseChallenges)
  expect(challenges.map(({ scheme }) => scheme)).toEqual(response.status === 503 ? [] : ['Bearer'])
  for (const { parameters } of challenges) {
    // `error_uri` is never written, so that there is none to be malformed.
    const names = ['realm', 'error', 'error_description', 'scope']
    const written = parameters.map(([name]) => name)
    expect(written).toEqual(names.filter((name) => written.includes(name)))
    expect(written).toContain('realm')
    for (const [name, value] of parameters) {
      expect(value).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/)
      if (name === 'scope') expect(value).toMatch(/^[^ ]+( [^ ]+)*$/)
    }
  }
}

/** What handlers get has to be safe to keep and to copy, whatever the token was. */
function checkToken(verified: AccessToken | undefined, expected: Partial<AccessToken>): void {
  expect(verified ?? {}).toMatchObject(expected)
  if (verified === undefined) return
  expect(Object.isFrozen(verified) && Object.isFrozen(verified.claims)).toBe(true)
  const copy: unknown = Object.assign({}, verified.claims, verified.claims['act'])
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype)
  expect('admin' in Object.prototype).toBe(false)
}

function valuesOf(response: RawResponse, name: string): readonly string[] {
  return response.rawHeaders.flatMap(([n, v]) => (n.toLowerCase() === name.toLowerCase() ? v : []))
}

/** The answers that came on one connection, one after the other. */
function pipelined(first: RawResponse): readonly RawResponse[] {
  const rest = first.body.slice(Number(first.header('Content-Length')))
  return rest === '' ? [first] : [first, ...pipelined(parseResponse(rest))]
}
