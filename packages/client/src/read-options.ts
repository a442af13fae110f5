import {
  checkIssuerAddress,
  type ClientAuthentication,
  type Clock,
  type Fetch,
  isAcceptableAddress,
  isName,
  isRecord,
  Problems,
  readAuthentication,
  readClientId,
  readClock,
  readHosts,
  readSeconds,
  type Say,
  systemClock,
  TENANT_PLACEHOLDER,
} from '@bearward/core/for-clients'
import type { TokenEvent } from './events.ts'
import type { ClientCredentialsOptions } from './options.ts'
import { type Purpose, readPurpose } from './purpose.ts'
import { TOKEN_TIMES } from './token-life-cycle.ts'
import { GRANT_PARAMETERS } from './token-request.ts'

export const OPTIONS = [
  'issuer',
  'tokenEndpoint',
  'clientId',
  'clientAuthentication',
  'scope',
  'resource',
  'audience',
  'parameters',
  'origins',
  'renewBefore',
  'assumedLifetime',
  'patience',
  'fetchTimeout',
  'fetch',
  'resourceFetch',
  'allowInsecureHosts',
  'onEvent',
  'clock',
]

/** Seconds, where nothing else is said. */
export const DEFAULTS = {
  assumedLifetime: TOKEN_TIMES.assumedLifetime,
  patience: 5,
  fetchTimeout: 5,
} as const

/** Options as they were checked, with defaults. Times are in seconds. */
export interface Settings {
  readonly issuer: string | undefined
  readonly tokenEndpoint: string | undefined
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  readonly purpose: Purpose
  readonly parameters: Readonly<Record<string, string>>
  readonly origins: readonly string[] | undefined
  readonly renewBefore: number | undefined
  readonly assumedLifetime: number
  readonly patience: number
  readonly fetchTimeout: number
  readonly fetch: Fetch
  readonly resourceFetch: typeof globalThis.fetch
  readonly insecureHosts: readonly string[]
  readonly onEvent: ((event: TokenEvent) => void) | undefined
  readonly clock: Clock
}

/** Throws a `ConfigurationError` that names every problem at once. No value that could be a secret is in it. */
export function readOptions(given: ClientCredentialsOptions): Settings {
  const problems = new Problems()
  const say = (problem: string) => problems.add(problem)
  const options: Readonly<Record<string, unknown>> = isRecord(given) ? given : {}
  problems.unknownNames(options, OPTIONS)

  const insecureHosts = readHosts(options['allowInsecureHosts'], say)
  const { issuer, tokenEndpoint } = readServer(options, insecureHosts, say)
  const seconds = (name: string, min: number, max: number) =>
    readSeconds(options[name], name, min, max, say)
  for (const name of ['fetch', 'resourceFetch', 'onEvent']) {
    const value = options[name]
    if (value !== undefined && typeof value !== 'function') say(`${name} must be a function.`)
  }
  const fetch = options['fetch'] as Fetch | undefined
  const resourceFetch = options['resourceFetch'] as typeof globalThis.fetch | undefined
  const settings: Settings = {
    issuer,
    tokenEndpoint,
    clientId: readClientId(options['clientId'], 'this client is registered', say),
    clientAuthentication: readAuthentication(options['clientAuthentication'], say),
    purpose: readPurpose(options, say),
    parameters: readParameters(options['parameters'], say),
    origins: readOrigins(options['origins'], insecureHosts, say),
    renewBefore: seconds('renewBefore', 0, 86_400),
    assumedLifetime: seconds('assumedLifetime', 1, 86_400) ?? DEFAULTS.assumedLifetime,
    patience: seconds('patience', 0, 300) ?? DEFAULTS.patience,
    fetchTimeout: seconds('fetchTimeout', 0.001, 30) ?? DEFAULTS.fetchTimeout,
    // Looked up at each call, so that a `fetch` that is replaced later (instrumentation) is used.
    fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)),
    resourceFetch: resourceFetch ?? ((input, init) => globalThis.fetch(input, init)),
    insecureHosts,
    onEvent: options['onEvent'] as Settings['onEvent'],
    clock: readClock(options['clock'], holdingClock, say),
  }
  problems.throwAs('The options of the token source are wrong')
  return settings
}

/**
 * The system's time, with timers that hold the process: they run only while a token is asked for or a caller waits for
 * one, and a program that has nothing else to do must not end in between.
 */
const holdingClock: Clock = {
  ...systemClock,
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds)
    return () => clearTimeout(timer)
  },
}

function readServer(
  { issuer, tokenEndpoint }: Readonly<Record<string, unknown>>,
  insecureHosts: readonly string[],
  say: Say,
): { issuer: string | undefined; tokenEndpoint: string | undefined } {
  if (issuer === undefined && tokenEndpoint === undefined) {
    say('issuer or tokenEndpoint is missing: say which authorization server to ask.')
  }
  if (issuer !== undefined) checkIssuerAddress(isName(issuer) ? issuer : '', insecureHosts, say)
  if (isName(issuer) && issuer.includes(TENANT_PLACEHOLDER))
    say(`issuer has ${TENANT_PLACEHOLDER} in it: give the tenant itself.`)
  const isEndpoint = isName(tokenEndpoint) && isAcceptableAddress(tokenEndpoint, insecureHosts)
  if (tokenEndpoint !== undefined && !isEndpoint) {
    say(
      'tokenEndpoint must be an https address; http is accepted on loopback and for hosts named in allowInsecureHosts.',
    )
  }
  return {
    issuer: issuer as string | undefined,
    tokenEndpoint: tokenEndpoint as string | undefined,
  }
}

function readParameters(parameters: unknown, say: Say): Readonly<Record<string, string>> {
  if (parameters === undefined) return {}
  if (!isRecord(parameters) || !Object.values(parameters).every((value) => isName(value))) {
    say('parameters must be an object of strings.')
    return {}
  }
  for (const name of Object.keys(parameters)) {
    if (GRANT_PARAMETERS.includes(name))
      say(
        `parameters.${name} belongs to the grant: it has an option of its own, or is always sent.`,
      )
  }
  return Object.freeze({ ...parameters }) as Record<string, string>
}

function readOrigins(
  origins: unknown,
  insecureHosts: readonly string[],
  say: Say,
): readonly string[] | undefined {
  if (origins === undefined) return undefined
  const isOrigin = (origin: unknown): origin is string =>
    isName(origin) &&
    isAcceptableAddress(origin, insecureHosts) &&
    new URL(origin).origin === origin
  if (Array.isArray(origins) && origins.length > 0 && origins.every(isOrigin))
    return Object.freeze([...origins])
  say(
    "origins must be an array of origins without a path or a slash at the end, such as 'https://api.example.com'; http is accepted on loopback and for hosts named in allowInsecureHosts.",
  )
  return undefined
}
