import type { Advisor } from '../advice/advisor.ts'
import type { BearwardEvent } from '../events.ts'
import { OTHER_USES } from '../keys/key-set.ts'
import { toPrintable } from '../lib/quote.ts'
import type { RefusedEvent } from '../request/refused-event.ts'
import type { LogLevel } from './logger.ts'

/** A line of the log. All lines with the same `kind` share one limit. */
export interface LogLine {
  readonly level: LogLevel
  readonly kind: string
  readonly text: string
}

type Formats = {
  readonly [Type in BearwardEvent['type']]?: (
    event: Extract<BearwardEvent, { readonly type: Type }>,
    advisor: Advisor,
  ) => Omit<LogLine, 'kind'> | undefined
}

const warn = (text: string) => ({ level: 'warn', text }) as const
const info = (text: string) => ({ level: 'info', text }) as const

const STATE_OF_KEYS = {
  fresh: 'The cached keys stay in use.',
  stale: 'The cached keys stay in use.',
  unavailable: 'No usable keys are cached: requests that need them get 503.',
} as const

const DECISIONS = {
  nonce_required: 'The client must repeat the request with a new nonce.',
  nonce_accepted: 'The request was granted, because its nonce is new.',
  allowed: 'The request was granted, although its proof may have been used before.',
} as const

/** The events that are logged, and their lines. */
const FORMATS: Formats = {
  refused: (event) => ({
    level: event.status === 503 ? 'warn' : 'info',
    text: formatRefusal(event),
  }),
  keys_failed: ({ issuer, failure, detail, failures, keys }, advisor) =>
    warn(
      `The keys of ${issuer} could not be fetched: ${detail} (failed attempts in a row: ${failures}). ${STATE_OF_KEYS[keys]} ${advisor.onFailure(failure)}`,
    ),
  keys_stale: ({ issuer, usableFor }) =>
    warn(
      `The keys of ${issuer} have reached their maximum age, and were not refreshed in time. They stay in use for ${usableFor} s.`,
    ),
  keys_recovered: ({ issuer, failures }) =>
    info(`The keys of ${issuer} were fetched again (earlier failed attempts: ${failures}).`),
  keys_refreshed({ issuer, ignored }) {
    const mistakes = ignored.filter(({ reason }) => !OTHER_USES.includes(reason))
    if (mistakes.length === 0) return undefined
    const list = mistakes.map(({ index, reason }) => `keys[${index}]: ${reason}`).join(', ')
    return warn(`Some keys that ${issuer} publishes are ignored: ${list}.`)
  },
  keys_moved: ({ issuer, from, to }) =>
    info(`The jwks_uri in the metadata of ${issuer} changed from ${from} to ${to}.`),
  introspection_moved: ({ issuer, from, to }) =>
    info(`The introspection_endpoint in the metadata of ${issuer} changed from ${from} to ${to}.`),
  discovery_failed: ({ issuer, failure, detail }, advisor) =>
    warn(
      `The metadata of ${issuer} could not be used: ${detail}. The endpoint address that was found earlier stays in use. ${advisor.onFailure(failure)}`,
    ),
  introspection_failed: ({ issuer, failure, detail, pause }, advisor) =>
    warn(
      `Introspection at ${issuer} failed: ${detail}. ${advisor.onFailure(failure)}${pause > 0 ? ` For ${pause} s, only tokens that were active or verified earlier are introspected.` : ''}`,
    ),
  issuer_failed: ({ issuer, failure, detail, trusted }, advisor) =>
    warn(
      `The options of ${toPrintable(issuer)} are not available: ${detail.replace(/\.$/, '')}. ${trusted ? 'The earlier options stay in use until their ttl has passed.' : 'Its tokens get 503.'} ${advisor.onFailure(failure)}`,
    ),
  audience_missing: ({ issuer, clientId, requiredFrom }) =>
    warn(
      `Tokens of ${issuer} without aud are accepted${clientId === undefined ? '' : ` (client "${clientId}")`}, and will be refused from ${requiredFrom} on. At the authorization server: write the identifier of this API into aud.`,
    ),
  certificate_ignored: ({ header, peer }) =>
    warn(
      `The header ${header} with a client certificate was ignored: the peer (${peer}) is not one of trustedProxies. If the peer is your proxy, add its address to mtls.certificate.trustedProxies.`,
    ),
  key_distrusted: ({ issuer, thumbprint }) =>
    info(`A key of ${issuer} is no longer trusted: ${thumbprint}.`),
  degraded({ decision, problem, detail }) {
    // The line about the refusal already contains the problem.
    if (decision === 'refused') return undefined
    return warn(
      `The replay store of DPoP proofs has no answer (${problem}): ${detail}. ${DECISIONS[decision]}`,
    )
  },
  control_recovered: ({ duration }) =>
    info(`The replay store of DPoP proofs works again, after ${duration.toFixed(1)} s.`),
  configuration_warning: ({ issuer, option, advice }) =>
    warn(`Check the option ${option}${issuer === undefined ? '' : ` of ${issuer}`}: ${advice}`),
}

/** The types of the events that are logged. */
export const LOGGED_EVENTS: ReadonlySet<string> = new Set(Object.keys(FORMATS))

/** Returns the line of an event, or `undefined` if the event is not logged. */
export function toLogLine(event: BearwardEvent, advisor: Advisor): LogLine | undefined {
  // After a call of `close`, an aborted call is not a fault.
  if ('failure' in event && event.failure === 'closed') return undefined
  const format = FORMATS[event.type] as
    | ((event: BearwardEvent, advisor: Advisor) => Omit<LogLine, 'kind'> | undefined)
    | undefined
  const line = format?.(event, advisor)
  const kind = getKind(event)
  return line && { ...line, kind, text: `[bearward] ${kind}: ${line.text}` }
}

/** Returns the kind of a line. It contains the status and the reason of a refusal, and the code of a failure. */
function getKind(event: BearwardEvent): string {
  if (event.type === 'refused') return `refused ${event.status} ${event.reason}`
  if (event.type === 'degraded') return `degraded ${event.decision} ${event.problem}`
  return 'failure' in event ? `${event.type} ${event.failure}` : event.type
}

/** Returns the text of a refusal: the failed check, the change to make, and details of the request. */
function formatRefusal(event: RefusedEvent): string {
  const { check, expected, found, advice, clientId, issuer, token } = event
  const { route, guard, requestId, duration } = event
  const details = {
    client: clientId,
    issuer,
    [token?.isVerified ? 'kid' : 'claimed_kid']: token?.kid,
    route,
    request: requestId,
    waited: duration > 0 ? `${duration.toFixed(3)} s` : undefined,
  }
  const written = Object.entries(details).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}="${value}"`],
  )
  if (guard !== undefined) written.push(`guard=${guard}`)
  const tail = written.length === 0 ? '' : ` (${written.join(' ')})`
  return `${check}: expected ${expected}, found ${found}. ${advice}${tail}`
}
