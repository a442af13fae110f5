import type { IncomingMessage, ServerResponse } from 'node:http'
import type {
  AccessToken,
  BearwardEvent,
  Requirements,
  ResourceServerOptions,
} from '@bearward/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseChallenges } from '../support/challenge-parser.ts'
import { adaptCase } from '../frameworks/difference.ts'
import { type Framework, type Mount, type Route, startAll } from '../frameworks/framework.ts'
import { type Inspection, inspect } from '../frameworks/inspection.ts'
import {
  listen,
  parseResponse,
  type RawResponse,
  type RunningServer,
  sendInTurn,
  sendRaw,
} from '../support/servers.ts'
import { CASES } from './cases.ts'
import {
  CONFIGURATIONS,
  type ConfigurationName,
  INTROSPECTION_PATH,
  KEY_PATHS,
  readOpaqueToken,
} from './configurations.ts'
import { bearer, type CaseRequest, type ContractCase, toTitle } from './contract-case.ts'
import { attacker, claiming, issuerA, OTHER_AUDIENCE, token, USUAL_CLAIMS } from './fixture.ts'
import type { ExpectedOutcome } from './outcomes.ts'

/** Bytes of header lines that the server accepts: more than the longest token. */
const MAX_HEADER_SIZE = 65_536

/** Runs every case with one adapter. No case can be left out. */
export function describeContract(framework: Framework): void {
  describe(`the contract on ${framework.name}`, () => {
    /** The tokens that handlers got for the last request. */
    const granted: (readonly [AccessToken | undefined, Inspection | undefined])[] = []
    const events: BearwardEvent[] = []
    /** Unexpected requests to the recording server: those of the current case, and late ones of the previous case. */
    const unexpected: string[] = []
    /** The tokens that were introspected for the last request. */
    const introspected: string[] = []
    let servers: ReadonlyMap<ConfigurationName, RunningServer> = new Map()
    let recordingServer: RunningServer

    beforeAll(async () => {
      recordingServer = await startRecordingServer(unexpected, introspected)
      const names = Object.keys(CONFIGURATIONS) as ConfigurationName[]
      const mounts = Object.fromEntries(names.map((name) => [name, toMount(name)]))
      servers = await startAll(framework, mounts as Record<ConfigurationName, Mount>)
    })
    afterAll(() =>
      Promise.all([recordingServer, ...servers.values()].map((server) => server.close())),
    )

    function toMount(name: ConfigurationName): Mount {
      const options = CONFIGURATIONS[name](recordingServer.url)
      const routes = CASES.flatMap((one, i) =>
        getConfiguration(one) === name ? [route(`/${i}`, one.requirements)] : [],
      )
      return {
        options: { ...options, onEvent: (event) => events.push(event) },
        routes: [...routes, route('/any')],
        maxHeaderSize: MAX_HEADER_SIZE,
      }
    }

    function route(path: string, requirements: Requirements = {}): Route {
      return {
        path,
        requirements,
        async handle(verified, body, inspection = inspect(verified)) {
          granted.push([verified, inspection])
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
      introspected.length = 0
      return sendRaw(servers.get(name)!.port, Buffer.from(request, 'latin1'))
    }

    /** Sends the requests of a case. Returns the last response. `i` is the position of the case in `CASES`. */
    async function play(one: ContractCase, i: number): Promise<RawResponse> {
      const path = `/${i}`
      const requests =
        typeof one.request === 'function' ? one.request(recordingServer.url, path) : one.request
      const texts = [requests].flat().map((request) => toRequestText(request, path))
      for (const earlier of texts.slice(0, -1)) await send(getConfiguration(one), earlier)
      return send(getConfiguration(one), texts.at(-1)!)
    }

    const cases = CASES.map((one) => {
      const { title, outcome } = adaptCase(framework, toTitle(one), one.outcome)
      return { title, one: { ...one, outcome } }
    })

    for (const [i, { title, one }] of cases.entries()) {
      it(title, async () => {
        const response = await play(one, i)
        const reasons = events.flatMap((event) => (event.type === 'refused' ? event.reason : []))
        const handled = granted.length
        expect({ ...describeResponse(response, one.outcome), reasons, handled }).toEqual(
          expectation(one, framework),
        )
        expect(unexpected.splice(0)).toEqual([])
        if (one.isIntrospected === false) expect(introspected).toEqual([])
        if (one.outcome.kind === 'granted') checkToken(...granted[0]!, one.outcome.token)
      })
    }

    it('6750-10, 6750-11, 6750-12, 6750-13, 6750-15, 6750-28: a guard sends refusals with Cache-Control: no-store, and challenges that match the grammar', async () => {
      const refusals = cases.flatMap(({ one }, i) =>
        one.outcome.kind === 'refused'
          ? [[one.outcome.challenges.join('\n'), [one, i]] as const]
          : [],
      )
      const byChallenge = new Map(refusals)
      for (const [one, i] of byChallenge.values()) checkRefusal(await play(one, i), getSchemes(one))
      expect(byChallenge.size).toBeGreaterThan(20)
    })

    it('21-04: a guard checks the audience of every request of a connection', async () => {
      const tokens = [token(), claiming({ aud: OTHER_AUDIENCE }), token()]
      const requests = [...tokens, claiming({ aud: OTHER_AUDIENCE })].map((one, i, all) =>
        toRequestText(bearer(one), '/any', i < all.length - 1 ? 'keep-alive' : 'close'),
      )
      const responses =
        framework.changes?.noPipelining === undefined
          ? pipelined(await send('usual', requests.join('')))
          : await sendInTurn(servers.get('usual')!.port, requests)
      expect(responses.map(({ status }) => status)).toEqual([200, 401, 200, 401])
      expect(granted).toHaveLength(2)
    })
  })
}

/** Returns the schemes of the challenges of an API, in their order. */
function getSchemes(one: ContractCase): readonly string[] {
  const { dpop }: ResourceServerOptions = CONFIGURATIONS[getConfiguration(one)]('http://127.0.0.1')
  if (dpop === undefined) return ['Bearer']
  return dpop.mode === 'required' ? ['DPoP'] : ['Bearer', 'DPoP']
}

function getConfiguration(one: ContractCase): ConfigurationName {
  return one.configuration ?? 'usual'
}

/** Serves the keys of the issuer and the introspection endpoint. Records introspected tokens, and the paths of unexpected requests. */
function startRecordingServer(
  unexpected: string[],
  introspected: string[],
): Promise<RunningServer> {
  return listen((request, response) => {
    const url = request.url ?? ''
    if (url === KEY_PATHS.broken) return void response.writeHead(500).end()
    if (url === INTROSPECTION_PATH) return void introspect(request, response, introspected)
    const isOurs = url === KEY_PATHS.served || url === KEY_PATHS.cached
    if (!isOurs) unexpected.push(url)
    response.setHeader('Content-Type', 'application/json')
    if (url === KEY_PATHS.cached) response.setHeader('Age', '86400')
    response.end(JSON.stringify(isOurs ? issuerA.jwks : { keys: [attacker.jwk] }))
  })
}

async function introspect(
  request: IncomingMessage,
  response: ServerResponse,
  introspected: string[],
): Promise<void> {
  const chunks: Uint8Array[] = []
  for await (const chunk of request) chunks.push(chunk as Uint8Array)
  const form = new URLSearchParams(Buffer.concat(chunks).toString('latin1'))
  const { sub, client_id, aud, scope, iat } = USUAL_CLAIMS
  const received = form.get('token') ?? ''
  introspected.push(received)
  const more = readOpaqueToken(received)
  response.setHeader('Content-Type', 'application/json')
  if (more === undefined) return void response.end('{"active":false}')
  const usual: Record<string, unknown> = { active: true, sub, client_id, aud, scope, iat }
  for (const name of Object.keys(JSON.parse(more) as object)) delete usual[name]
  const text = JSON.stringify(usual)
  response.end(more === '{}' ? text : `${text.slice(0, -1)},${more.slice(1)}`)
}

function toRequestText(request: CaseRequest, path: string, connection = 'close'): string {
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

/** Returns the parts of a response that the contract checks. */
function describeResponse(response: RawResponse, { kind }: ExpectedOutcome) {
  const challenges = getHeaderValues(response, 'WWW-Authenticate')
  if (kind === 'unparsed') return { status: response.status, challenges }
  const { status, body } = response
  const nonces = getHeaderValues(response, 'DPoP-Nonce')
  const cacheControl = getHeaderValues(response, 'Cache-Control')
  // The framework writes the response of a handler, so the contract checks only its content and the headers that a guard adds.
  if (kind === 'granted') {
    const isGuarded = nonces.length > 0
    const content = JSON.parse(body) as unknown
    return { status, challenges, nonces, body: content, ...(isGuarded && { cacheControl }) }
  }
  return {
    status,
    challenges,
    nonces,
    body,
    contentType: response.header('Content-Type'),
    contentLength: response.header('Content-Length'),
    cacheControl,
    retryAfter: response.header('Retry-After'),
  }
}

const NO_STORE = ['no-store']

function expectation({ outcome, request }: ContractCase, { changes }: Framework) {
  if (outcome.kind === 'unparsed') {
    return { status: outcome.status, challenges: [], reasons: [], handled: 0 }
  }
  if (outcome.kind === 'granted') {
    const { caller, received, nonce } = outcome
    const usual = { status: 200, challenges: [], body: { caller, received } }
    // RFC 9449 section 8.2: a response with a nonce must not be cached.
    const added = nonce === undefined ? { nonces: [] } : { nonces: [nonce], cacheControl: NO_STORE }
    return { ...usual, ...added, reasons: [], handled: 1 }
  }
  const { status, challenges, reason, retryAfter, nonce } = outcome
  const body = JSON.stringify(outcome.body)
  const isHead = typeof request === 'object' && request.method === 'HEAD'
  const isJoined = changes?.joinedLines !== undefined && challenges.length > 1
  return {
    status,
    challenges: isJoined ? [challenges.join(', ')] : challenges,
    nonces: nonce === undefined ? [] : [nonce],
    body: isHead ? '' : body,
    contentType: 'application/json',
    contentLength:
      isHead && changes?.headWithoutLength !== undefined ? undefined : String(body.length),
    cacheControl: NO_STORE,
    retryAfter,
    reasons: [reason],
    handled: 0,
  }
}

/** Parameters of challenges, in the order in which they are written. `error_uri` is never written, so it cannot be malformed. */
const PARAMETERS = [
  'realm',
  'error',
  'error_description',
  'scope',
  'resource_metadata',
  'acr_values',
  'max_age',
  'algs',
]

/** Checks a response with an independent parser of the grammar of RFC 6750 section 3 and RFC 9449 section 7.1. */
function checkRefusal(response: RawResponse, schemes: readonly string[]): void {
  expect(getHeaderValues(response, 'Cache-Control')).toEqual(NO_STORE)
  const challenges = getHeaderValues(response, 'WWW-Authenticate').flatMap(parseChallenges)
  expect(challenges.map(({ scheme }) => scheme)).toEqual(response.status === 503 ? [] : schemes)
  for (const { scheme, parameters } of challenges) {
    const written = parameters.map(([name]) => name)
    expect(written).toEqual(PARAMETERS.filter((name) => written.includes(name)))
    // The client of the MCP SDK reads a header only if `Bearer` is followed by a space. So this challenge always has parameters.
    if (scheme === 'Bearer' || schemes.length === 1) expect(written).toContain('realm')
    expect(written.includes('algs')).toBe(scheme === 'DPoP')
    for (const [name, value] of parameters) {
      expect(value).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/)
      if (SPACED.includes(name)) expect(value).toMatch(/^[^ ]+( [^ ]+)*$/)
      // Some clients search the whole header for parameters, so a description must not resemble one.
      if (name === 'error_description') expect(value).not.toContain('=')
    }
  }
}

/** Parameters whose value is a list that is separated by spaces. */
const SPACED = ['scope', 'acr_values', 'algs']

/** Checks the members of a token, that it is frozen, and that copying its claims does not change a prototype. */
function checkToken(
  verified: AccessToken | undefined,
  inspection: Inspection | undefined,
  expected: Partial<AccessToken>,
): void {
  expect(verified ?? {}).toMatchObject(expected)
  expect(inspection).toEqual(verified && { isFrozen: true, isPolluted: false })
}

function getHeaderValues(response: RawResponse, name: string): readonly string[] {
  return response.rawHeaders.flatMap(([n, v]) => (n.toLowerCase() === name.toLowerCase() ? v : []))
}

/** Returns the responses that arrived on one connection, in order. */
function pipelined(first: RawResponse): readonly RawResponse[] {
  const rest = first.body.slice(Number(first.header('Content-Length')))
  return rest === '' ? [first] : [first, ...pipelined(parseResponse(rest))]
}
