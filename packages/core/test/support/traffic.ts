import { fakeClock } from '../../../../test/support/fake-clock.ts'
import { AUDIENCE, createTestIssuer, ISSUER } from '../../../../test/support/issuer.ts'
import { generateKey, type TestKey } from '../../../../test/support/keys.ts'
import { requestWith } from '../../../../test/support/requests.ts'
import { type Behaviour, scriptedEndpoint } from '../../../../test/support/scripted-endpoint.ts'
import { type BearwardEvent, createResourceServer, type Outcome } from '../../src/index.ts'

export const oldKey = generateKey('ES256', 'old')
export const newKey = generateKey('ES256', 'new')
export const OLD = { keys: [oldKey.jwk] }
export const NEW = { keys: [newKey.jwk] }

/** What a request with a token came to. */
export interface Answer {
  outcome?: Outcome
  /** Milliseconds. */
  waited?: number
}

/** A resource server, an endpoint and a clock that a test holds in its hands. */
export function serveTraffic(first: Behaviour, options: { jwksUri?: string } = {}) {
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
  /** A request with a token of this key. Its answer, and after how many milliseconds it came. */
  function send(key: TestKey = oldKey, ...given: [kid?: string | undefined]): Answer {
    const kid = given.length === 0 ? key.kid : given[0]
    const answer: Answer = {}
    const begun = clock.monotonic()
    const token = issuer.token({ key, header: { kid }, claims: { jti: `t${sent++}` } })
    const answered = (outcome: Outcome) => {
      answer.outcome = outcome
      answer.waited = clock.monotonic() - begun
    }
    const outcome = server.authorize(requestWith(token))
    if (outcome instanceof Promise) void outcome.then(answered)
    else answered(outcome)
    return answer
  }
  /** `perSecond` requests for so many seconds, evenly spread. */
  async function traffic(seconds: number, perSecond: number, request: (i: number) => Answer) {
    const answers: Answer[] = []
    for (let i = 0; i < seconds * perSecond; i++) {
      answers.push(request(i))
      await clock.pass(1 / perSecond)
    }
    return answers
  }
  return { clock, endpoint, events, server, send, traffic, issuer }
}

export const statusOf = ({ outcome }: Answer) =>
  outcome?.kind === 'refused' ? outcome.status : outcome?.kind

/** Its status and its reason, where it was refused. */
export const reasonOf = ({ outcome }: Answer) =>
  outcome?.kind === 'refused' ? `${outcome.status} ${outcome.reason}` : outcome?.kind

export const lost = (answers: readonly Answer[]) =>
  answers.filter((answer) => answer.outcome?.kind !== 'granted').length

export const longest = (answers: readonly Answer[]) =>
  Math.max(...answers.map(({ waited }) => waited ?? Infinity))

/** How many of each there are. */
export function count(values: readonly unknown[]): Record<string, number> {
  const counted: Record<string, number> = {}
  for (const value of values) counted[String(value)] = (counted[String(value)] ?? 0) + 1
  return counted
}
