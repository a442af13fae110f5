import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey, type TestKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { type Behavior, scriptedEndpoint } from '../../../../test/support/scripted-endpoint.ts'
import { type BearwardEvent, createResourceServer, type Outcome } from '../../src/index.ts'

export const oldKey = generateKey('ES256', 'old')
export const newKey = generateKey('ES256', 'new')
export const OLD = { keys: [oldKey.jwk] }
export const NEW = { keys: [newKey.jwk] }

/** The result of a request. */
export interface Result {
  /** Missing while the request waits. */
  outcome?: Outcome
  /** Milliseconds until the outcome. */
  waited?: number
}

/** Creates a resource server with an endpoint and a clock that a test controls. */
export function serveTraffic(first: Behavior, options: { jwksUri?: string } = {}) {
  const clock = fakeClock()
  const endpoint = scriptedEndpoint(first)
  const events: BearwardEvent[] = []
  const issuer = createTestIssuer({ now: clock.seconds })
  const server = createResourceServer({
    issuer: ISSUER,
    audience: AUDIENCE,
    fetch: endpoint.fetch,
    clock,
    onEvent: (event) => events.push(event),
    ...options,
  })
  let sent = 0
  /** Sends a request with a token that this key signed. The result is filled when the request ends. */
  function send(key: TestKey = oldKey, ...given: [kid?: string | undefined]): Result {
    const kid = given.length === 0 ? key.kid : given[0]
    const result: Result = {}
    const begun = clock.monotonic()
    const token = issuer.token({ key, header: { kid }, claims: { jti: `t${sent++}` } })
    const finish = (outcome: Outcome) => {
      result.outcome = outcome
      result.waited = clock.monotonic() - begun
    }
    const outcome = server.authorize(requestWith(token))
    if (outcome instanceof Promise) void outcome.then(finish)
    else finish(outcome)
    return result
  }
  /** Sends `perSecond` requests per second, evenly spread, for this many seconds. */
  async function sendMany(seconds: number, perSecond: number, request: (i: number) => Result) {
    const results: Result[] = []
    for (let i = 0; i < seconds * perSecond; i++) {
      results.push(request(i))
      await clock.pass(1 / perSecond)
    }
    return results
  }
  return { clock, endpoint, events, server, send, sendMany, issuer }
}

/** Returns the status of a refusal, or the kind of any other outcome. */
export const getStatus = ({ outcome }: Result) =>
  outcome?.kind === 'refused' ? outcome.status : outcome?.kind

/** Returns the status and the reason of a refusal, or the kind of any other outcome. */
export const getReason = ({ outcome }: Result) =>
  outcome?.kind === 'refused' ? `${outcome.status} ${outcome.reason}` : outcome?.kind

/** Counts the requests that were not granted. */
export const countLost = (results: readonly Result[]) =>
  results.filter((result) => result.outcome?.kind !== 'granted').length

/** Returns the longest wait in milliseconds. Returns `Infinity` if a request has no outcome. */
export const getLongestWait = (results: readonly Result[]) =>
  Math.max(...results.map(({ waited }) => waited ?? Infinity))

/** Returns how often each value occurs, by the text of the value. */
export function countValues(values: readonly unknown[]): Record<string, number> {
  const counted: Record<string, number> = {}
  for (const value of values) counted[String(value)] = (counted[String(value)] ?? 0) + 1
  return counted
}
