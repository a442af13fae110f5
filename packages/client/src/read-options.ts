import {
  type ClientAuthentication,
  type Clock,
  type Fetch,
  isAcceptableAddress,
  isRecord,
  Problems,
  readAuthentication,
  systemClock,
} from '@bearward/core/authorization-server'
import type { TokenEvent } from './events.ts'
import type { ClientCredentialsOptions } from './options.ts'
import { type Purpose, readPurpose } from './purpose.ts'
import { TOKEN_TIMES } from './token-life-cycle.ts'

export const OPTIONS = [
  'issuer',
  'tokenEndpoint',
  'clientId',
  'clientAuthentication',
  'scope',
  'resource',
  'audience',
  'origins',
  'renewBefore',
  'assumedLifetime',
  'attempts',
  'patience',
  'fetchTimeout',
  'fetch',
  'resourceFetch',
  'allowInsecureHosts',
  'onEvent',
  'clock',
]

/** Options as they were checked, with defaults. Times are in seconds. */
export interface Settings {
  readonly issuer: string | undefined
  readonly tokenEndpoint: string | undefined
  readonly clientId: string
  readonly clientAuthentication: ClientAuthentication
  readonly purpose: Purpose
  readonly origins: readonly string[] | undefined
  readonly renewBefore: number | undefined
  readonly assumedLifetime: number
  readonly attempts: number
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
  const { clientId } = options
  if (!isText(clientId))
    say('clientId is missing: give the id under which this client is registered.')
  const number = (name: string, usual: number, min: number, max: number) =>
    readNumber(options[name], name, usual, min, max, say)
  for (const name of ['fetch', 'resourceFetch', 'onEvent']) {
    const value = options[name]
    if (value !== undefined && typeof value !== 'function') say(`${name} must be a function.`)
  }
  if (options['clock'] !== undefined && !isClock(options['clock'])) {
    say('clock must have the functions now, monotonic and after.')
  }
  if (!Number.isInteger(options['attempts'] ?? 1)) say('attempts must be a whole number.')
  const fetch = options['fetch'] as Fetch | undefined
  const resourceFetch = options['resourceFetch'] as typeof globalThis.fetch | undefined
  const settings: Settings = {
    issuer,
    tokenEndpoint,
    clientId: clientId as string,
    clientAuthentication: readAuthentication(options['clientAuthentication'], say),
    purpose: readPurpose(options, say),
    origins: readOrigins(options['origins'], insecureHosts, say),
    renewBefore:
      options['renewBefore'] === undefined ? undefined : number('renewBefore', 0, 0, 86_400),
    assumedLifetime: number('assumedLifetime', TOKEN_TIMES.assumedLifetime, 1, 86_400),
    attempts: number('attempts', 4, 1, 10),
    patience: number('patience', 20, 0, 300),
    fetchTimeout: number('fetchTimeout', 5, 0.001, 30),
    // Looked up at each call, so that a `fetch` that is replaced later (instrumentation) is used.
    fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)),
    resourceFetch: resourceFetch ?? ((input, init) => globalThis.fetch(input, init)),
    insecureHosts,
    onEvent: options['onEvent'] as Settings['onEvent'],
    clock: (options['clock'] as Clock | undefined) ?? holdingClock,
  }
  problems.throwAs('The options of the token source are wrong')
  return settings
}

/**
 * The system's time, with timers that hold the process: they run only while a caller waits for a token, and a
 * program that has nothing else to do must not end in between.
 */
const holdingClock: Clock = {
  ...systemClock,
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds)
    return () => clearTimeout(timer)
  },
}

type Say = (problem: string) => void

const ADDRESS =
  'must be an https address; http is accepted on loopback and for hosts named in allowInsecureHosts.'

function readServer(
  { issuer, tokenEndpoint }: Readonly<Record<string, unknown>>,
  insecureHosts: readonly string[],
  say: Say,
): { issuer: string | undefined; tokenEndpoint: string | undefined } {
  if (issuer === undefined && tokenEndpoint === undefined) {
    say('issuer or tokenEndpoint is missing: say which authorization server to ask.')
  }
  const read = (value: unknown, name: string) => {
    if (value === undefined) return undefined
    if (isText(value) && isAcceptableAddress(value, insecureHosts)) return value
    say(`${name} ${ADDRESS}`)
    return undefined
  }
  return { issuer: read(issuer, 'issuer'), tokenEndpoint: read(tokenEndpoint, 'tokenEndpoint') }
}

function readOrigins(
  origins: unknown,
  insecureHosts: readonly string[],
  say: Say,
): readonly string[] | undefined {
  if (origins === undefined) return undefined
  const isOrigin = (origin: unknown): origin is string =>
    isText(origin) &&
    isAcceptableAddress(origin, insecureHosts) &&
    new URL(origin).origin === origin
  if (Array.isArray(origins) && origins.length > 0 && origins.every(isOrigin))
    return Object.freeze([...origins])
  say(
    "origins must be an array of origins without a path or a slash at the end, such as 'https://api.example.com'; http is accepted on loopback and for hosts named in allowInsecureHosts.",
  )
  return undefined
}

function readHosts(hosts: unknown, say: Say): readonly string[] {
  if (hosts === undefined) return []
  const isHost = (host: unknown) => isText(host) && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host)
  if (Array.isArray(hosts) && hosts.every(isHost)) return Object.freeze([...hosts]) as string[]
  say('allowInsecureHosts must be an array of host names in lower case.')
  return []
}

function readNumber(
  value: unknown,
  name: string,
  usual: number,
  min: number,
  max: number,
  say: Say,
): number {
  if (value === undefined) return usual
  if (typeof value === 'number' && value >= min && value <= max) return value
  say(`${name} must be a number from ${min} to ${max}.`)
  return usual
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function isClock(clock: unknown): boolean {
  return (
    isRecord(clock) &&
    ['now', 'monotonic', 'after'].every((name) => typeof clock[name] === 'function')
  )
}
