import {
  checkIssuerAddress,
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
} from '@bearward/core/internal'
import type { ClientCredentialsOptions } from './options.ts'
import type { TokenEvent } from './renewed-token.ts'
import type { SourceSettings } from './source-settings.ts'
import { TOKEN_TIMES } from './token-life-cycle.ts'
import { GRANT_PARAMETERS } from './token-request.ts'
import { readTokenTarget } from './token-target.ts'

/** Names of all options. */
export const OPTIONS = [
  'issuer',
  'tokenEndpoint',
  'clientId',
  'clientAuthentication',
  'scope',
  'resource',
  'audience',
  'parameters',
  'allowedOrigins',
  'renewBefore',
  'defaultExpiresIn',
  'maxWait',
  'fetchTimeout',
  'fetch',
  'resourceFetch',
  'allowInsecureHosts',
  'onEvent',
  'clock',
]

/** Default values of options, in seconds. */
export const DEFAULTS = {
  defaultExpiresIn: TOKEN_TIMES.defaultExpiresIn,
  maxWait: 5,
  fetchTimeout: 5,
} as const

/** Options after validation: the settings of the source, and its event listener. */
export interface CheckedOptions {
  readonly settings: SourceSettings
  readonly onEvent: ((event: TokenEvent) => void) | undefined
}

/** Validates options. Throws a `ConfigurationError` that lists every problem and contains no value of a secret. */
export function readOptions(given: ClientCredentialsOptions): CheckedOptions {
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
  const settings: SourceSettings = {
    issuer,
    tokenEndpoint,
    clientId: readClientId(options['clientId'], 'this client is registered', say),
    clientAuthentication: readAuthentication(options['clientAuthentication'], say),
    target: readTokenTarget(options, say),
    parameters: readParameters(options['parameters'], say),
    allowedOrigins: readAllowedOrigins(options['allowedOrigins'], insecureHosts, say),
    renewBefore: seconds('renewBefore', 0, 86_400),
    defaultExpiresIn: seconds('defaultExpiresIn', 1, 86_400) ?? DEFAULTS.defaultExpiresIn,
    maxWait: seconds('maxWait', 0, 300) ?? DEFAULTS.maxWait,
    fetchTimeout: seconds('fetchTimeout', 0.001, 30) ?? DEFAULTS.fetchTimeout,
    // Looked up at each call, so that a `fetch` that is replaced later (instrumentation) is used.
    fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)),
    resourceFetch: resourceFetch ?? ((input, init) => globalThis.fetch(input, init)),
    insecureHosts,
    clock: readClock(options['clock'], blockingClock, say),
  }
  problems.throwAs('The options of the token source are invalid')
  return { settings, onEvent: options['onEvent'] as CheckedOptions['onEvent'] }
}

/**
 * System clock whose timers keep the process running. They run only while a token is requested or a caller waits for
 * one, and a program that waits for nothing else must not exit in the meantime.
 */
const blockingClock: Clock = {
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
    say('issuer or tokenEndpoint is missing: set the authorization server that issues the tokens.')
  }
  if (issuer !== undefined) checkIssuerAddress(isName(issuer) ? issuer : '', insecureHosts, say)
  if (isName(issuer) && issuer.includes(TENANT_PLACEHOLDER))
    say(`issuer contains ${TENANT_PLACEHOLDER}: replace it with the id of the tenant.`)
  const isEndpoint = isName(tokenEndpoint) && isAcceptableAddress(tokenEndpoint, insecureHosts)
  if (tokenEndpoint !== undefined && !isEndpoint) {
    say(
      'tokenEndpoint must be an https URL; http is accepted on loopback and for hosts in allowInsecureHosts.',
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
    say('parameters must be an object of non-empty strings.')
    return {}
  }
  for (const name of Object.keys(parameters)) {
    if (GRANT_PARAMETERS.includes(name))
      say(
        `parameters.${name} is a parameter of the grant: use the option for it, or remove it if it is always sent.`,
      )
  }
  return Object.freeze({ ...parameters }) as Record<string, string>
}

function readAllowedOrigins(
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
    "allowedOrigins must be an array of origins without a path or a trailing slash, such as 'https://api.example.com'; http is accepted on loopback and for hosts in allowInsecureHosts.",
  )
  return undefined
}
